package virtionet.flows;

import akka.stream.javadsl.Flow;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import virtionet.net.Frame;

/**
 * Lets frames through no faster than told: a frame that is too early is held, one at a time, and
 * those behind it are not taken. So a shaper on the way to a device back-pressures the application,
 * and one on the way from it fills the driver's hand-off, which then drops and counts.
 *
 * <p>Akka's own {@code throttle} does not know that an element that it holds at the end is to be
 * released.
 *
 * @see Tracer
 */
public final class Shaper {
  private Shaper() {}

  /** No more bytes than that. */
  public static Flow<Frame, Frame, FlowCounters> bytes(Rate rate) {
    return flow(
        Optional.of(Objects.requireNonNull(rate, "rate")), Optional.empty(), System::nanoTime);
  }

  /** No more frames than that. */
  public static Flow<Frame, Frame, FlowCounters> frames(Rate rate) {
    return flow(
        Optional.empty(), Optional.of(Objects.requireNonNull(rate, "rate")), System::nanoTime);
  }

  /**
   * No more of either.
   *
   * @param clock nanoseconds that only go forward
   */
  public static Flow<Frame, Frame, FlowCounters> flow(
      Optional<Rate> bytes, Optional<Rate> frames, LongSupplier clock) {
    Objects.requireNonNull(bytes, "bytes");
    Objects.requireNonNull(frames, "frames");
    Objects.requireNonNull(clock, "clock");
    return Flow.fromGraph(
        new FlowStage(
            "Shaper",
            1,
            clock,
            (frame, reason) -> {},
            counters -> new Rules(bytes, frames, counters)));
  }

  /** One bucket, and what a frame costs in it. */
  private record Meter(TokenBucket bucket, boolean ofBytes) {
    long cost(Frame frame) {
      return ofBytes ? frame.length() : 1;
    }
  }

  private static final class Rules implements FrameRules {
    private final List<Meter> meters;
    private final FlowCounters counters;

    Rules(Optional<Rate> bytes, Optional<Rate> frames, FlowCounters counters) {
      this.counters = counters;
      meters =
          Stream.concat(
                  bytes.stream().map(rate -> new Meter(rate.bucket(), true)),
                  frames.stream().map(rate -> new Meter(rate.bucket(), false)))
              .toList();
    }

    @Override
    public void decide(Frame frame, long now, Way way) {
      long due = now;
      for (Meter meter : meters) {
        due = meter.bucket().whenHas(meter.cost(frame), due);
      }
      for (Meter meter : meters) {
        meter.bucket().take(meter.cost(frame), due);
      }
      counters.increment(FlowCounter.PASSED);
      if (due == now) {
        way.pass(frame);
      } else {
        counters.increment(FlowCounter.DELAYED);
        way.holdUntil(due, frame);
      }
    }
  }
}
