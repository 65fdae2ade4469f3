package virtionet.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.typed.ActorSystem;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import virtionet.VirtioNet;
import virtionet.driver.Device;
import virtionet.driver.DeviceHandle;
import virtionet.examples.RemotePing;
import virtionet.net.BufferBalance;
import virtionet.net.Counter;
import virtionet.net.Gauge;
import virtionet.tcpip.TcpIp;
import virtionet.tcpip.TcpIpSettings;
import virtionet.testing.ChildJvm;
import virtionet.testing.Patience;
import virtionet.testing.RequiresQemu;

/**
 * The device is QEMU's, and its driver in this JVM; the client is in another JVM, in a cluster with
 * this one over the loopback.
 */
@RequiresQemu
class TwoJvmsTest {
  /** Akka tells of its start as well. */
  private static final int MOST_LINES = 100;

  private ActorSystem<Void> system;
  private DeviceHandle device;

  @BeforeEach
  void start() {
    system = Nodes.start("app");
    device =
        assertInstanceOf(
                Device.Up.class, Patience.answer(VirtioNet.get(system).devices()).getFirst())
            .device();
  }

  @AfterEach
  void endsWithEachBufferInItsPlace() {
    system.terminate();
    Patience.answer(system.getWhenTerminated());
    Patience.until(
        "each buffer is in its place",
        () -> {
          BufferBalance buffers = device.buffers();
          return buffers.isConserved()
              && buffers.lent() + buffers.posted() + buffers.inFlight() == 0;
        });
  }

  private static ChildJvm station(String seed) throws Exception {
    return ChildJvm.start(StationOnAnotherNode.class, List.of(), seed);
  }

  private void assertWorks(ChildJvm station, String seed) throws Exception {
    assertEquals(
        "connected to %s at %s, MAC 52:54:00:12:34:56, MTU 1500"
            .formatted(device.info().name(), seed),
        station.line());
    assertEquals("lease 10.0.2.15/24 via 10.0.2.2", station.line());
    assertEquals("20 pings answered", station.line());
  }

  @Test
  void aStationOnAnotherNodeGetsALeaseAndPingsAndItsDeathDisturbsNoOther() throws Exception {
    String seed = Nodes.found(system);
    try (ChildJvm station = station(seed)) {
      assertWorks(station, seed);
      long before = count(Counter.TRANSMITTED_FRAMES);
      Patience.until(
          "frames stream both ways", () -> count(Counter.TRANSMITTED_FRAMES) > before + 1_000);
      station.kill();
      // What is on its way meanwhile has nobody who would release it but this node.
      Patience.until("the node is gone from the cluster", () -> Nodes.members(system) == 1);
    }
    assertInstanceOf(Device.Up.class, Patience.answer(VirtioNet.get(system).devices()).getFirst());
    Patience.until("no buffer is lent", () -> device.buffers().lent() == 0);
    assertEquals(0, count(Counter.FAULTS));

    Patience.until(
        "it is no client any more", () -> device.readings().contains(Gauge.CLIENTS.reads(0)));
    // Its place is free: for a client here, and then for another node.
    try (TcpIp local =
        TcpIp.start(
            system, VirtioNet.get(system).flow(), TcpIpSettings.of(device.info().mac(), 1500))) {
      assertEquals("10.0.2.15/24 via 10.0.2.2", Patience.answer(local.dhcp()).face().toString());
    }
    try (ChildJvm station = station(seed)) {
      assertWorks(station, seed);
    }
  }

  /** With the configuration that the document names. */
  @Test
  void theExampleOfTheDocumentPings() throws Exception {
    String seed = Nodes.found(system);
    try (ChildJvm example =
        ChildJvm.start(
            RemotePing.class,
            List.of(
                "virtionet-cli.log.level=ERROR",
                "akka.log-dead-letters=off",
                "config.file=conf/cluster.conf",
                // All nodes must agree on it.
                "akka.cluster.split-brain-resolver.active-strategy=keep-oldest",
                "akka.remote.artery.canonical.port=0",
                "akka.cluster.seed-nodes.0=" + seed))) {
      List<String> said = new ArrayList<>();
      do {
        said.add(example.line());
      } while (!said.contains("10.0.2.2 answers") && said.size() < MOST_LINES);
      String connected =
          "%s at %s, MAC 52:54:00:12:34:56, MTU 1500".formatted(device.info().name(), seed);
      assertTrue(said.containsAll(List.of(connected, "10.0.2.2 answers")), said::toString);
      example.awaitEnd();
    }
    Patience.until("no buffer is lent", () -> device.buffers().lent() == 0);
  }

  private long count(Counter counter) {
    return device.counters().getOrDefault(counter, 0L);
  }
}
