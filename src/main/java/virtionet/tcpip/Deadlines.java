package virtionet.tcpip;

import java.util.OptionalLong;

/** Points in time of a clock of nanoseconds that may wrap: only differences count. */
final class Deadlines {
  private Deadlines() {}

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
