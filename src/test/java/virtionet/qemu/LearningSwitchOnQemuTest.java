package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.NotUsed;
import akka.stream.ActorAttributes;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.driver.Device;
import virtionet.examples.LearningSwitch;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.MacAddress;
import virtionet.tcpip.Ipv4Address;
import virtionet.tcpip.Lease;
import virtionet.tcpip.TcpIp;
import virtionet.tcpip.TcpIpSettings;
import virtionet.testing.Patience;
import virtionet.testing.RequiresQemu;
import virtionet.testing.Variant;
import virtionet.testing.Wire;

/** The switch of docs/examples.md between a wire and QEMU's user network. */
@RequiresQemu
class LearningSwitchOnQemuTest {
  private static final MacAddress HOST = MacAddress.parse("02:00:00:00:00:0a");
  private static final int PINGS = 50;

  @ParameterizedTest
  @EnumSource
  void aHostOnTheWireGetsALeaseAndItsPingsThroughTheSwitch(Variant variant) throws Exception {
    var options =
        variant
            .options()
            .withDevices("virtio-net-device,netdev=wire", "virtio-net-device,netdev=user");
    Wire wire = new Wire();
    try (var driver =
        DriverOnQemu.start(options.withNetdevs(wire.netdev("wire"), "user,id=user"))) {
      List<Device.Description> ports = driver.devices();
      assertEquals(2, ports.size());
      var learning = new LearningSwitch(driver.system(), ports.size());
      for (Device.Description port : ports) {
        Patience.answer(learning.plug(port.slot().name()));
      }
      // The host, and with it who reads the wire, ends before the actor system.
      try (wire;
          TcpIp host = TcpIp.start(driver.system(), end(wire), TcpIpSettings.of(HOST, 1500))) {
        Lease lease = Patience.answer(host.dhcp());
        assertTrue(lease.toString().contains("10.0.2."), lease::toString);
        Ipv4Address gateway = Ipv4Address.parse("10.0.2.2");
        for (int i = 0; i < PINGS; i++) {
          Patience.answer(
              host.ping(gateway, ByteString.fromArray(new byte[i * 29]), Duration.ofSeconds(20)));
        }
      }
      for (Device.Description port : ports) {
        var counters = ((Device.Up) port).device().counters();
        assertTrue(counters.getOrDefault(Counter.TRANSMITTED_FRAMES, 0L) > PINGS);
        assertEquals(0, counters.getOrDefault(Counter.REFUSED_RELEASED, 0L));
      }
    }
  }

  /** The far end of the wire as a link. */
  private static Flow<Frame, Frame, NotUsed> end(Wire wire) {
    Source<Frame, NotUsed> in =
        Source.<Frame, Wire>unfoldResource(
                () -> wire, socket -> Optional.of(Frame.wrap(socket.receive())), socket -> {})
            .withAttributes(
                ActorAttributes.dispatcher("akka.actor.default-blocking-io-dispatcher"));
    Sink<Frame, ?> out =
        Flow.<Frame>create()
            .map(
                frame -> {
                  wire.send(frame.toByteArray());
                  frame.release();
                  return frame;
                })
            .to(Sink.ignore());
    return Flow.fromSinkAndSourceCoupled(out, in);
  }
}
