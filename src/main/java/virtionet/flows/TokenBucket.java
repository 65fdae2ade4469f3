package virtionet.flows;

/**
 * A rate and a burst as one number: when the bucket would be full again. Costs are taken at times
 * that only go forward. Not thread-safe.
 */
final class TokenBucket {
  private static final double SECOND = 1e9;

  private final double nanosForOne;
  private final long burst;
  private boolean used;

  /** When all that was taken has been refilled. */
  private long full;

  /**
   * @param rate tokens for a second
   * @param burst tokens that the bucket holds; it is full at first
   */
  TokenBucket(double rate, long burst) {
    nanosForOne = SECOND / rate;
    this.burst = burst;
  }

  /**
   * The first time from now on at which so many can be taken. What is more than the bucket ever
   * holds can be taken when it is full.
   */
  long whenHas(long cost, long now) {
    if (!used) {
      return now;
    }
    long missing = (long) ((Math.min(cost, burst) - burst) * nanosForOne);
    long due = full + missing;
    return due - now > 0 ? due : now;
  }

  /** Takes so many at that time; the bucket may be in debt then. */
  void take(long cost, long at) {
    long from = !used || full - at < 0 ? at : full;
    full = from + (long) (cost * nanosForOne);
    used = true;
  }
}
