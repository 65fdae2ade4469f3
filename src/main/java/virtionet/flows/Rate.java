package virtionet.flows;

/**
 * So many a second, and so many at once: of frames, or of bytes.
 *
 * @param perSecond on the average
 * @param burst after a pause. Timers of Akka's come each {@code akka.scheduler.tick-duration}, 10
 *     ms as a rule: a burst that is smaller than what the rate gives in that time makes the rate
 *     smaller
 * @see Tracer
 */
public record Rate(double perSecond, long burst) {
  /**
   * @throws IllegalArgumentException when one of them is not above 0
   */
  public Rate {
    if (!(perSecond > 0) || Double.isInfinite(perSecond) || burst < 1) {
      throw new IllegalArgumentException(
          "%s a second, %d at once: must be above 0".formatted(perSecond, burst));
    }
  }

  TokenBucket bucket() {
    return new TokenBucket(perSecond, burst);
  }
}
