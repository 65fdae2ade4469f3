package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.tcpip.Datagram;
import virtionet.tcpip.Ipv4Address;
import virtionet.tcpip.Lease;
import virtionet.tcpip.PingReply;
import virtionet.tcpip.TcpIp;
import virtionet.tcpip.TcpIpSettings;
import virtionet.testing.LoopbackEcho;
import virtionet.testing.Patience;
import virtionet.testing.RequiresQemu;
import virtionet.testing.TestBytes;
import virtionet.testing.Variant;

/** The TCP/IP flow on the driver, with QEMU's user network as its neighbour. */
@RequiresQemu
class UserNetworkTest {
  private static final Ipv4Address GATEWAY = Ipv4Address.of(10, 0, 2, 2);

  @ParameterizedTest
  @EnumSource
  void aLeaseIsHadThenTheGatewayAnswersAndTheHostEchoes(Variant variant) throws Exception {
    try (var driver = DriverOnQemu.start(variant.options());
        TcpIp stack = stack(driver)) {
      assertLease(Patience.answer(stack.dhcp()));
      for (int i = 1; i <= 3; i++) {
        assertPing(stack, i);
      }
      assertEcho(driver, stack, 2_000);
    }
  }

  private static TcpIp stack(DriverOnQemu driver) {
    var device = driver.device();
    return TcpIp.start(
        driver.system(),
        driver.net().flow(),
        TcpIpSettings.of(device.info().mac(), device.info().mtu()));
  }

  private static void assertLease(Lease lease) {
    assertEquals(Ipv4Address.of(10, 0, 2, 15), lease.address());
    assertEquals(GATEWAY, lease.server());
    assertEquals(Optional.of(GATEWAY), lease.face().gateway());
    assertEquals(24, lease.face().prefixLength());
    assertEquals(List.of(Ipv4Address.of(10, 0, 2, 3)), lease.face().dns());
  }

  private static void assertPing(TcpIp stack, int sequence) {
    ByteString data = ByteString.fromArray(TestBytes.frame(sequence, 100 * sequence));
    PingReply reply = Patience.answer(stack.ping(GATEWAY, data, Duration.ofSeconds(20)));
    assertEquals(GATEWAY, reply.from());
    assertEquals(sequence, reply.sequence());
    assertEquals(data, reply.payload());
  }

  /** One after the other: UDP may lose what overflows, and nothing must be lost here. */
  private static void assertEcho(DriverOnQemu driver, TcpIp stack, int count) throws Exception {
    try (var echo = new LoopbackEcho()) {
      var socket =
          Source.<Datagram>queue(1)
              .viaMat(stack.udp(0), Keep.both())
              .toMat(Sink.<Datagram>queue(1), Keep.both())
              .run(driver.system());
      var out = socket.first().first();
      int largest = Patience.answer(socket.first().second()).maxData();
      assertEquals(TestBytes.MTU - 28, largest);
      for (int i = 0; i < count; i++) {
        byte[] data = TestBytes.frame(i, i % 2 == 0 ? largest : TestBytes.SHORTEST + i % 1000);
        out.offer(Datagram.of(GATEWAY, echo.port(), data));
        Datagram answer = Patience.answer(socket.second().pull()).orElseThrow();
        assertArrayEquals(data, answer.data().toArray());
        assertEquals(GATEWAY, answer.remote());
        assertEquals(echo.port(), answer.port());
      }
      out.complete();
      socket.second().cancel();
    }
  }
}
