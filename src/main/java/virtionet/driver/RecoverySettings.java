package virtionet.driver;

import java.time.Duration;

/**
 * How a device that cannot go on is started anew; in the terms of Akka's own restarts with
 * back-off.
 *
 * @param minBackoff the pause before the second start; the first follows at once, and each later
 *     pause is twice the one before
 * @param maxBackoff the longest pause
 * @param randomFactor what is added to a pause at random, as a part of it: from 0 to 1
 * @param maxRestarts starts in a row before the device counts as failed; 0: it fails at once
 * @param resetBackoffAfter how long a device must stay up for the count to begin anew
 */
public record RecoverySettings(
    Duration minBackoff,
    Duration maxBackoff,
    double randomFactor,
    int maxRestarts,
    Duration resetBackoffAfter) {

  /** What {@code reference.conf} says. */
  static final RecoverySettings DEFAULTS =
      new RecoverySettings(
          Duration.ofMillis(50), Duration.ofSeconds(10), 0.2, 10, Duration.ofSeconds(2));

  public RecoverySettings {
    if (minBackoff.isNegative() || minBackoff.isZero() || maxBackoff.compareTo(minBackoff) < 0) {
      throw new IllegalArgumentException(
          "recovery: min-backoff %s and max-backoff %s: must be more than 0, and the second not the smaller"
              .formatted(minBackoff, maxBackoff));
    }
    if (!(randomFactor >= 0 && randomFactor <= 1)) {
      throw new IllegalArgumentException(
          "recovery: random-factor %s: must be from 0 to 1".formatted(randomFactor));
    }
    if (maxRestarts < 0) {
      throw new IllegalArgumentException(
          "recovery: max-restarts %d: must not be below 0".formatted(maxRestarts));
    }
    if (resetBackoffAfter.isNegative()) {
      throw new IllegalArgumentException(
          "recovery: reset-backoff-after %s: must not be below 0".formatted(resetBackoffAfter));
    }
  }

  /** The same with no restart at all. */
  static RecoverySettings never() {
    return new RecoverySettings(
        DEFAULTS.minBackoff,
        DEFAULTS.maxBackoff,
        DEFAULTS.randomFactor,
        0,
        DEFAULTS.resetBackoffAfter);
  }
}
