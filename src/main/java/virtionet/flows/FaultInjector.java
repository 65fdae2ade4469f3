package virtionet.flows;

import akka.japi.Pair;
import akka.stream.javadsl.BidiFlow;
import akka.stream.javadsl.Flow;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import virtionet.net.Frame;

/**
 * Does to frames what bad networks do, as often as told, and the same again with the same seed.
 *
 * @see Tracer
 */
public final class FaultInjector {
  private FaultInjector() {}

  /** One way. */
  public static Flow<Frame, Frame, FlowCounters> flow(FaultSettings settings) {
    Objects.requireNonNull(settings, "settings");
    return Flow.fromGraph(
        new FlowStage(
            "FaultInjector",
            settings.room(),
            settings.clock(),
            settings.onDrop(),
            counters -> new Rules(settings, counters)));
  }

  /**
   * Both ways, to be joined with a device's flow. Materializes to the counters of either.
   *
   * @param outbound what happens to frames on their way to the device
   * @param inbound what happens to frames that come from it
   */
  public static BidiFlow<Frame, Frame, Frame, Frame, Pair<FlowCounters, FlowCounters>> bidi(
      FaultSettings outbound, FaultSettings inbound) {
    return BidiFlow.fromFlowsMat(flow(outbound), flow(inbound), Pair::create);
  }

  /** What is thrown for each frame. */
  private static final class Dice {
    private final SplittableRandom random;
    private final double share;

    Dice(SplittableRandom random, double share) {
      this.random = random;
      this.share = share;
    }

    /** Also thrown for faults that there are not: else their dice would be another's. */
    boolean hits() {
      return random.nextDouble() < share;
    }

    int below(int bound) {
      return random.nextInt(bound);
    }
  }

  private static final class Rules implements FrameRules {
    private final FaultSettings settings;
    private final FlowCounters counters;
    private final Optional<TokenBucket> bucket;
    private final Dice drop;
    private final Dice corrupt;
    private final Dice duplicate;
    private final Dice reorder;
    private final Dice delay;

    Rules(FaultSettings settings, FlowCounters counters) {
      this.settings = settings;
      this.counters = counters;
      bucket = settings.rate().map(Rate::bucket);
      var seeds = new SplittableRandom(settings.seed());
      drop = new Dice(seeds.split(), settings.drop());
      corrupt = new Dice(seeds.split(), settings.corrupt());
      duplicate = new Dice(seeds.split(), settings.duplicate());
      reorder = new Dice(seeds.split(), settings.reorder());
      delay = new Dice(seeds.split(), settings.delayed());
    }

    @Override
    public void decide(Frame given, long now, Way way) {
      boolean isCorrupted = corrupt.hits();
      boolean isDuplicated = duplicate.hits();
      boolean isReordered = reorder.hits();
      boolean isDelayed = delay.hits();
      if (drop.hits()) {
        way.drop(FlowCounter.DROPPED_AT_RANDOM, given);
        return;
      }
      if (given.length() > settings.longest()) {
        way.drop(FlowCounter.DROPPED_TOO_LONG, given);
        return;
      }
      if (bucket.isPresent()) {
        if (bucket.get().whenHas(1, now) != now) {
          way.drop(FlowCounter.DROPPED_OVER_RATE, given);
          return;
        }
        bucket.get().take(1, now);
      }
      counters.increment(FlowCounter.PASSED);
      Frame frame = isCorrupted && given.length() > 0 ? corrupted(given) : given;
      Optional<Frame> copy = isDuplicated ? Optional.of(frame.copy()) : Optional.empty();
      if (isReordered) {
        counters.increment(FlowCounter.REORDERED);
        way.holdBehindNext(settings.delay(), frame);
      } else if (isDelayed) {
        counters.increment(FlowCounter.DELAYED);
        way.holdUntil(now + settings.delay().toNanos(), frame);
      } else {
        way.pass(frame);
      }
      if (copy.isPresent()) {
        counters.increment(FlowCounter.DUPLICATED);
        way.pass(copy.get());
      }
    }

    /** A copy: somebody may have read the frame where it lies, and the device's memory is its. */
    private Frame corrupted(Frame frame) {
      counters.increment(FlowCounter.CORRUPTED);
      Frame copy = frame.copy();
      frame.release();
      int bit = corrupt.below(copy.length() * Byte.SIZE);
      MemorySegment bytes = copy.segment();
      int at = bit / Byte.SIZE;
      byte turned = (byte) (bytes.get(ValueLayout.JAVA_BYTE, at) ^ 1 << bit % Byte.SIZE);
      bytes.set(ValueLayout.JAVA_BYTE, at, turned);
      return copy;
    }
  }
}
