package virtionet.driver;

import java.time.Duration;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/** Counts restarts and says how long to pause before the next. One owner. */
final class Backoff {
  /** Beyond that the pause is the longest for sure. */
  private static final int MOST_DOUBLINGS = 40;

  private final RecoverySettings settings;
  private final DoubleSupplier random;
  private int restarts;
  private boolean up;
  private long upSince;

  /**
   * @param random numbers from 0 to 1
   */
  Backoff(RecoverySettings settings, DoubleSupplier random) {
    this.settings = settings;
    this.random = random;
  }

  /**
   * Counts one more restart.
   *
   * @param now {@link System#nanoTime()}
   * @param seemsWell how long it may be up and yet not have been well
   * @return the pause before the next start; empty when there were as many as there may be
   */
  Optional<Duration> next(long now, Duration seemsWell) {
    long well = Math.max(settings.resetBackoffAfter().toNanos(), seemsWell.toNanos());
    if (up && now - upSince >= well) {
      restarts = 0;
    }
    up = false;
    if (restarts >= settings.maxRestarts()) {
      return Optional.empty();
    }
    int before = restarts++;
    return Optional.of(before == 0 ? Duration.ZERO : pause(before - 1));
  }

  private Duration pause(int doublings) {
    double longest = settings.maxBackoff().toNanos();
    double plain =
        Math.min(
            longest,
            settings.minBackoff().toNanos() * Math.pow(2, Math.min(doublings, MOST_DOUBLINGS)));
    double some = plain * (1 + settings.randomFactor() * random.getAsDouble());
    return Duration.ofNanos((long) Math.min(longest, some));
  }

  /** It is up. */
  void started(long now) {
    up = true;
    upSince = now;
  }

  /** Starts in a row, the one that goes on included. */
  int restarts() {
    return restarts;
  }

  /** The count begins anew. */
  void reset() {
    restarts = 0;
    up = false;
  }
}
