package virtionet.observe.trace;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import virtionet.observe.trace.Trace.Received;
import virtionet.observe.trace.Trace.Taken;

/**
 * One interrupt of a device that brought frames, from its line to the consumer of the frames.
 *
 * @param batches the turns of the rings until the next interrupt, the first told by this one
 * @param deliveries of the frames in them, to the client that gets them without a copy
 */
public record Interrupted(
    String device, long number, List<Received> batches, List<Taken> deliveries) {

  /** When the line was raised. */
  public Instant raised() {
    Received first = batches.getFirst();
    return first.at().minusNanos(first.waited());
  }

  /** Nanoseconds from the line until then. */
  public long since(Instant time) {
    return Duration.between(raised(), time).toNanos();
  }

  /** Nanoseconds from the line until the first batch's frames were handed off. */
  public long toHandOff() {
    Received first = batches.getFirst();
    return first.waited() + first.handedOff();
  }

  /**
   * Nanoseconds from the line until the consumer took the first frame; empty when it is not known,
   * and when the consumer was still at frames of before.
   */
  public OptionalLong toConsumer() {
    return deliveries.stream()
        .filter(taken -> taken.position() == batches.getFirst().position())
        .mapToLong(taken -> since(taken.at()))
        .findFirst();
  }

  /** Nanoseconds from the line until all frames that the consumer got were taken. */
  public OptionalLong toLastFrame() {
    return deliveries.stream()
        .mapToLong(taken -> since(taken.at()) + taken.nanos())
        .reduce((first, second) -> second);
  }
}
