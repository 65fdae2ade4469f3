package virtionet.flows;

import akka.stream.javadsl.Flow;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiPredicate;
import virtionet.net.Frame;
import virtionet.net.MacAddress;

/**
 * Lets frames pass by their addresses; the others are released and counted.
 *
 * @see Tracer
 */
public final class MacFilter {
  private MacFilter() {}

  /**
   * Frames for these stations, and for groups.
   *
   * @param stations at the time of the call
   */
  public static Flow<Frame, Frame, FlowCounters> to(Set<MacAddress> stations) {
    Set<MacAddress> known = Set.copyOf(stations);
    return passing((to, from) -> to.isMulticast() || known.contains(to));
  }

  /**
   * All but frames from these stations.
   *
   * @param stations at the time of the call
   */
  public static Flow<Frame, Frame, FlowCounters> notFrom(Set<MacAddress> stations) {
    Set<MacAddress> refused = Set.copyOf(stations);
    return passing((to, from) -> !refused.contains(from));
  }

  /**
   * Frames whose destination and source this says yes to. One without an Ethernet header does not
   * pass.
   */
  public static Flow<Frame, Frame, FlowCounters> passing(
      BiPredicate<MacAddress, MacAddress> addresses) {
    Objects.requireNonNull(addresses, "addresses");
    return Flow.fromGraph(
        FlowStage.of(
            "MacFilter",
            counters ->
                (frame, now, way) -> {
                  if (passes(frame, addresses)) {
                    counters.increment(FlowCounter.PASSED);
                    way.pass(frame);
                  } else {
                    way.drop(FlowCounter.DROPPED_FILTERED, frame);
                  }
                }));
  }

  private static boolean passes(Frame frame, BiPredicate<MacAddress, MacAddress> addresses) {
    if (frame.length() < Frame.HEADER_LENGTH) {
      return false;
    }
    byte[] both = new byte[2 * MacAddress.LENGTH];
    frame.copyTo(MemorySegment.ofArray(both), both.length);
    return addresses.test(MacAddress.of(both, 0), MacAddress.of(both, MacAddress.LENGTH));
  }
}
