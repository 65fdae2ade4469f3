package virtionet.driver;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Says a thing at most once in an interval, and then how often it has happened in all. Not
 * thread-safe.
 */
final class RateLimitedWarning {
  private static final long INTERVAL_NANOS = Duration.ofSeconds(1).toNanos();

  private final Logger log;
  private long total;

  /** Says what happened since it was last said. */
  private @Nullable Runnable unsaid;

  private long lastSaid = System.nanoTime() - INTERVAL_NANOS;

  RateLimitedWarning(Logger log) {
    this.log = log;
  }

  /**
   * @param format with two places: how many frames until now, and the detail
   */
  void warn(String format, String detail) {
    warn(1, format, detail);
  }

  /** The same for many frames at once. */
  void warn(int frames, String format, String detail) {
    total += frames;
    unsaid = () -> log.warn(format, total, detail);
    long now = System.nanoTime();
    if (now - lastSaid >= INTERVAL_NANOS) {
      sayRest();
      lastSaid = now;
    }
  }

  /** Says what was held back; to be called when it will hardly happen again. */
  void sayRest() {
    Runnable rest = unsaid;
    if (rest != null) {
      unsaid = null;
      rest.run();
    }
  }
}
