package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.NetFeature;
import virtionet.net.Offload.Segmentation;
import virtionet.net.Offloads;
import virtionet.testing.Patience;
import virtionet.testing.RequiresQemu;
import virtionet.testing.RequiresTap;
import virtionet.testing.TapNamespace;
import virtionet.testing.TestPackets;
import virtionet.testing.Variant;

/** Frames that stand for many datagrams, between the driver and the network stack of Linux. */
@RequiresQemu
@RequiresTap
class TapUsoTest {
  private static final int UDP = 17;
  private static final int PORT = 4711;
  private static final int SIZE = 1000;
  private static final int LENGTH = 20_500;
  private static final int DATAGRAMS = 21;

  /** Whoever cuts them: a device that does not offer HOST_USO has the driver do it. */
  @ParameterizedTest
  @CsvSource({
    "RISCV64_MODERN, false", "RISCV64_MODERN, true",
    "RISCV64_LEGACY, false", "AARCH64_MODERN, true"
  })
  void aFrameOfOursThatStandsForManyDatagramsReachesALinuxReceiverAsThose(
      Variant variant, boolean ipv6) throws Exception {
    byte[] data = data();
    try (var tap = TapNamespace.create();
        var driver = DriverOnQemu.start(tap.apply(variant.options()));
        var station = FrameStation.connect(driver);
        DatagramSocket linux =
            tap.inside(
                () ->
                    new DatagramSocket(
                        0,
                        InetAddress.getByName(
                            ipv6 ? TapNamespace.LINUX_V6 : TapNamespace.LINUX_V4)))) {
      linux.setSoTimeout(Math.toIntExact(TimeUnit.SECONDS.toMillis(Patience.SECONDS)));
      ByteBuffer datagram = ByteBuffer.allocate(8 + data.length);
      datagram.putShort((short) PORT).putShort((short) linux.getLocalPort());
      datagram.putShort((short) datagram.capacity()).putShort((short) 0).put(data);
      byte[] bytes = TcpEnd.frame(ipv6, UDP, station.connection().mac(), datagram.array());
      Frame frame = Offloads.prepare(Frame.wrap(bytes));
      station.send(frame.offload(frame.offload().segmented(Segmentation.UDP_L4, SIZE)));

      for (int at = 0; at < data.length; at += SIZE) {
        var packet = new DatagramPacket(new byte[2 * SIZE], 2 * SIZE);
        linux.receive(packet);
        assertArrayEquals(
            Arrays.copyOfRange(data, at, Math.min(at + SIZE, data.length)),
            Arrays.copyOf(packet.getData(), packet.getLength()));
      }
      boolean cutByTheDevice = station.connection().features().accepted(NetFeature.HOST_USO);
      assertEquals(cutByTheDevice ? 0 : 1, station.count(Counter.SEGMENTED_FRAMES));
    }
  }

  @ParameterizedTest
  @CsvSource({"RISCV64_MODERN, false", "RISCV64_MODERN, true", "AARCH64_MODERN, false"})
  void aLinuxSendersDatagramsArriveAsOneFrameThatStandsForThem(Variant variant, boolean ipv6)
      throws Exception {
    byte[] data = data();
    try (var tap = TapNamespace.create();
        var driver =
            DriverOnQemu.start(tap.apply(variant.options()), "received-frames = as-given");
        var station = FrameStation.connect(driver)) {
      NetFeature feature = ipv6 ? NetFeature.GUEST_USO6 : NetFeature.GUEST_USO4;
      assumeTrue(
          station.connection().features().accepted(feature), "this QEMU does not offer " + feature);
      tap.awaitUp();
      tap.neighbour(station.connection().mac().toString());
      InetAddress to = InetAddress.getByName(ipv6 ? TapNamespace.OURS_V6 : TapNamespace.OURS_V4);
      tap.sendSegmented(new InetSocketAddress(to, PORT), data, SIZE);

      Frame frame = next(station, ipv6);
      assertEquals(Segmentation.UDP_L4, frame.offload().segmentation());
      assertEquals(SIZE, frame.offload().segmentSize());
      assertArrayEquals(data, TestPackets.payload(frame.toByteArray()));
      List<Frame> segments = Offloads.plain(frame.copy());
      assertEquals(DATAGRAMS, segments.size());
      segments.forEach(segment -> TestPackets.assertRight(segment.toByteArray()));
      assertEquals(0, station.count(Counter.DROPPED_BAD_HEADER));
    }
  }

  /** The next that bears a datagram to our port; Linux says more than that by itself. */
  private static Frame next(FrameStation station, boolean ipv6) throws Exception {
    while (true) {
      Frame frame = station.receive();
      ByteBuffer bytes = ByteBuffer.wrap(frame.toByteArray());
      int type = bytes.getShort(12) & 0xffff;
      if (type == (ipv6 ? 0x86dd : 0x0800)
          && bytes.get(ipv6 ? 20 : 23) == UDP
          && bytes.getShort(ipv6 ? 56 : 36) == PORT) {
        return frame;
      }
    }
  }

  private static byte[] data() {
    byte[] data = new byte[LENGTH];
    new SplittableRandom(4).nextBytes(data);
    return data;
  }
}
