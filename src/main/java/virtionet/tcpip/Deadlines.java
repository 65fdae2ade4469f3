package virtionet.tcpip;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** Points in time of a clock of nanoseconds that may wrap: only differences count. */
final class Deadlines {
  /** Less than half of the range, so that differences keep their sign. */
  private static final Duration NEVER = Duration.ofDays(36_500);

  private Deadlines() {}

  /** So long after a point in time; at most a century, which is as good as never. */
  static long after(long start, Duration time) {
    return start + nanos(time);
  }

  static long nanos(Duration time) {
    return TimeUnit.NANOSECONDS.convert(time.compareTo(NEVER) < 0 ? time : NEVER);
  }

  static boolean isOver(long deadline, long now) {
    return now - deadline >= 0;
  }

  static OptionalLong earlier(OptionalLong a, OptionalLong b) {
    if (a.isEmpty()) {
      return b;
    }
    return b.isEmpty() || a.getAsLong() - b.getAsLong() < 0 ? a : b;
  }
}
