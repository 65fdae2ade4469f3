package virtionet.driver;

import java.time.Duration;
import org.slf4j.Logger;

/** Says a thing at most once in an interval, and then how often it happened. Not thread-safe. */
final class RateLimitedWarning {
  private static final long INTERVAL_NANOS = Duration.ofSeconds(1).toNanos();

  private final Logger log;
  private long unsaid;
  private long lastSaid = System.nanoTime() - INTERVAL_NANOS;

  RateLimitedWarning(Logger log) {
    this.log = log;
  }

  /**
   * @param format with two places: how many frames, and the detail
   */
  void warn(String format, String detail) {
    unsaid++;
    long now = System.nanoTime();
    if (now - lastSaid >= INTERVAL_NANOS) {
      log.warn(format, unsaid, detail);
      unsaid = 0;
      lastSaid = now;
    }
  }
}
