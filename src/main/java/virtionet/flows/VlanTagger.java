package virtionet.flows;

import akka.japi.Pair;
import akka.stream.javadsl.BidiFlow;
import akka.stream.javadsl.Flow;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntFunction;
import virtionet.net.Frame;
import virtionet.net.VlanTag;

/**
 * Puts an application that knows nothing of VLANs into one.
 *
 * @see Tracer
 */
public final class VlanTagger {
  private VlanTagger() {}

  /**
   * To be joined with a device's flow: frames to it are tagged; of those from it, the ones of this
   * VLAN come without their tag, and the others not at all. Materializes to the counters of either
   * way. Mind the MTU: a tag is four bytes more.
   *
   * @param allocator makes a frame of a length, as {@code EthernetConnection.allocate} does, or
   *     {@link Frame#ofLength}
   */
  public static BidiFlow<Frame, Frame, Frame, Frame, Pair<FlowCounters, FlowCounters>> bidi(
      VlanTag tag, IntFunction<Frame> allocator) {
    Objects.requireNonNull(tag, "tag");
    Objects.requireNonNull(allocator, "allocator");
    return BidiFlow.fromFlowsMat(push(tag, allocator), pop(tag, allocator), Pair::create);
  }

  private static Flow<Frame, Frame, FlowCounters> push(VlanTag tag, IntFunction<Frame> allocator) {
    return Flow.fromGraph(
        FlowStage.of(
            "VlanTagger.push",
            counters ->
                (frame, now, way) -> {
                  try {
                    Frame tagged = tag.push(frame, allocator);
                    counters.increment(FlowCounter.TAGGED);
                    counters.increment(FlowCounter.PASSED);
                    way.pass(tagged);
                  } catch (IllegalArgumentException e) {
                    way.drop(FlowCounter.DROPPED_UNTAGGABLE, frame);
                  }
                }));
  }

  private static Flow<Frame, Frame, FlowCounters> pop(VlanTag tag, IntFunction<Frame> allocator) {
    return Flow.fromGraph(
        FlowStage.of(
            "VlanTagger.pop",
            counters ->
                (frame, now, way) -> {
                  Optional<VlanTag> found = VlanTag.read(frame);
                  if (found.isEmpty() || found.get().id() != tag.id()) {
                    way.drop(FlowCounter.DROPPED_OTHER_VLAN, frame);
                    return;
                  }
                  try {
                    Frame bare = VlanTag.pop(frame, allocator);
                    counters.increment(FlowCounter.TAGGED);
                    counters.increment(FlowCounter.PASSED);
                    way.pass(bare);
                  } catch (IllegalArgumentException e) {
                    way.drop(FlowCounter.DROPPED_UNTAGGABLE, frame);
                  }
                }));
  }
}
