package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.japi.Pair;
import akka.stream.javadsl.Flow;
import akka.util.ByteString;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import virtionet.flows.FaultInjector;
import virtionet.flows.FaultSettings;
import virtionet.flows.FlowCounter;
import virtionet.flows.FlowCounters;
import virtionet.net.Frame;
import virtionet.stream.EthernetConnection;
import virtionet.tcpip.Ipv4Address;
import virtionet.tcpip.Ipv4Interface;
import virtionet.tcpip.TcpIp;
import virtionet.tcpip.TcpIpException;
import virtionet.tcpip.TcpIpSettings;
import virtionet.testing.Patience;
import virtionet.testing.RequiresQemu;
import virtionet.testing.Variant;

/** The TCP/IP flow on a device whose frames get lost, twisted and late. */
@RequiresQemu
class FaultsOnQemuTest {
  private static final Ipv4Address GATEWAY = Ipv4Address.of(10, 0, 2, 2);
  private static final int PINGS = 10;
  private static final int TRIES = 200;

  @Test
  void pingsGetThroughWhenThreeOfTenFramesAreLostEachWay() throws Exception {
    long seed = System.nanoTime();
    AtomicReference<@Nullable Pair<FlowCounters, FlowCounters>> counters = new AtomicReference<>();
    try (var driver = DriverOnQemu.start(Variant.RISCV64_MODERN.options())) {
      var faults =
          FaultSettings.none(seed)
              .withDrop(0.3)
              .withDuplicate(0.1)
              .withCorrupt(0.02)
              .withDelay(0.1, Duration.ofMillis(5));
      Flow<Frame, Frame, CompletionStage<EthernetConnection>> flow =
          FaultInjector.bidi(faults, faults)
              .join(
                  driver.net().flow(),
                  (both, connection) -> {
                    counters.set(both);
                    return connection;
                  });
      var device = driver.device();
      try (TcpIp stack =
          TcpIp.start(
              driver.system(), flow, TcpIpSettings.of(device.info().mac(), device.info().mtu()))) {
        Patience.answer(stack.configure(Ipv4Interface.of(Ipv4Address.of(10, 0, 2, 15), 24)));
        int answered = 0;
        for (int tries = 0; answered < PINGS; tries++) {
          assertTrue(tries < TRIES, "seed " + seed + ": only " + answered + " of " + tries);
          answered += answers(stack) ? 1 : 0;
        }
      }
    }
    var both = Objects.requireNonNull(counters.get());
    assertTrue(both.first().get(FlowCounter.DROPPED_AT_RANDOM) > 0, "seed " + seed + both);
    assertEquals(
        both.second().get(FlowCounter.DROPPED_AT_RANDOM)
            + both.second().get(FlowCounter.DROPPED_AT_END),
        both.second().dropped());
  }

  private static boolean answers(TcpIp stack) {
    ByteString data = ByteString.fromString("through thick and thin");
    try {
      return Patience.answer(stack.ping(GATEWAY, data, Duration.ofMillis(300)))
          .payload()
          .equals(data);
    } catch (TcpIpException e) {
      // Lost on the way, or nobody answered to ARP.
      return false;
    }
  }
}
