package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.MacAddress;
import virtionet.net.NetFeature;
import virtionet.net.Offload.Segmentation;
import virtionet.net.Offloads;
import virtionet.testing.Patience;
import virtionet.testing.RequiresQemu;
import virtionet.testing.RequiresTap;
import virtionet.testing.TapNamespace;
import virtionet.testing.TestPackets;
import virtionet.testing.Variant;

/** Offloads both ways between the driver and the network stack of Linux. */
@RequiresQemu
@RequiresTap
class TapOffloadTest {
  private static final String AS_GIVEN = "received-frames = as-given";
  private static final String NO_OFFLOADS =
      "disabled-features = [CSUM, GUEST_CSUM, HOST_TSO4, HOST_TSO6, MRG_RXBUF]";
  private static final Set<NetFeature> SWITCHED =
      EnumSet.of(
          NetFeature.GUEST_CSUM,
          NetFeature.GUEST_TSO4,
          NetFeature.GUEST_TSO6,
          NetFeature.GUEST_ECN,
          NetFeature.GUEST_USO4,
          NetFeature.GUEST_USO6);
  private static final int LARGE = 20_000;
  private static final int SENT_BY_LINUX = 60_000;

  /** What the test does with a connection. */
  private interface Talk {
    void with(Socket linux, TcpEnd ours) throws Exception;
  }

  @ParameterizedTest
  @CsvSource({
    "RISCV64_MODERN, false", "RISCV64_MODERN, true",
    "RISCV64_LEGACY, false", "AARCH64_MODERN, true"
  })
  void aLinuxSendersSegmentsArriveAsFramesThatStandForMany(Variant variant, boolean ipv6)
      throws Exception {
    List<Frame> frames = new ArrayList<>();
    try (var tap = TapNamespace.create();
        var driver = DriverOnQemu.start(tap.apply(variant.options()), AS_GIVEN);
        var station = FrameStation.connect(driver)) {
      talk(tap, station, ipv6, frames::add, TapOffloadTest::sendFromLinux);
      List<Frame> large =
          frames.stream().filter(frame -> frame.offload().needsSegmentation()).toList();
      assertTrue(!large.isEmpty(), () -> "no large frame among " + frames);
      for (Frame frame : large) {
        assertEquals(
            ipv6 ? Segmentation.TCPV6 : Segmentation.TCPV4, frame.offload().segmentation());
        assertEquals(1400, frame.offload().segmentSize());
        assertTrue(frame.length() > station.connection().mtu() + 14, frame::toString);
        Offloads.plain(frame.copy())
            .forEach(segment -> TestPackets.assertRight(segment.toByteArray()));
      }
      assertEquals(0, station.count(Counter.DROPPED_BAD_HEADER));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "RISCV64_MODERN, false", "RISCV64_MODERN, true",
    "RISCV64_LEGACY, false", "AARCH64_MODERN, true"
  })
  void segmentsComeOneByOneWhileTheOffloadIsSwitchedOff(Variant variant, boolean ipv6)
      throws Exception {
    try (var tap = TapNamespace.create();
        var driver = DriverOnQemu.start(tap.apply(variant.options()), AS_GIVEN);
        var station = FrameStation.connect(driver)) {
      var connection = station.connection();
      int longest = connection.mtu() + Frame.HEADER_LENGTH;
      assertTrue(longestFrom(tap, station, ipv6) > longest, "at the start");

      Patience.answer(connection.control().guestOffloads(Set.of(NetFeature.GUEST_CSUM)));
      int segment = longestFrom(tap, station, ipv6);
      assertTrue(segment <= longest, () -> "a frame of %d bytes".formatted(segment));

      Set<NetFeature> all =
          SWITCHED.stream().filter(connection.features()::accepted).collect(Collectors.toSet());
      Patience.answer(connection.control().guestOffloads(all));
      assertTrue(longestFrom(tap, station, ipv6) > longest, "on again");
      assertEquals(0, station.count(Counter.CONTROL_FAILURES));
      assertEquals(0, station.count(Counter.DROPPED_BAD_HEADER));
    }
  }

  /** Bytes of the longest frame of a connection over which Linux sends as fast as it can. */
  private static int longestFrom(TapNamespace tap, FrameStation station, boolean ipv6)
      throws Exception {
    var longest = new AtomicInteger();
    talk(
        tap,
        station,
        ipv6,
        frame -> {
          longest.accumulateAndGet(frame.length(), Math::max);
          Offloads.plain(frame.copy())
              .forEach(segment -> TestPackets.assertRight(segment.toByteArray()));
        },
        TapOffloadTest::sendFromLinux);
    return longest.get();
  }

  @ParameterizedTest
  @CsvSource({
    "RISCV64_MODERN, false", "RISCV64_MODERN, true",
    "RISCV64_LEGACY, true", "AARCH64_MODERN, false"
  })
  void byDefaultALinuxSendersSegmentsArriveOneByOneWithRightChecksums(Variant variant, boolean ipv6)
      throws Exception {
    try (var tap = TapNamespace.create();
        var driver = DriverOnQemu.start(tap.apply(variant.options()));
        var station = FrameStation.connect(driver)) {
      talk(
          tap,
          station,
          ipv6,
          frame -> {
            assertTrue(frame.length() <= station.connection().mtu() + 14, frame::toString);
            TestPackets.assertRight(frame.toByteArray());
          },
          TapOffloadTest::sendFromLinux);
      assertTrue(station.count(Counter.CHECKSUMS_COMPLETED) > 0, "Linux completed all checksums");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "RISCV64_MODERN, false", "RISCV64_MODERN, true",
    "RISCV64_LEGACY, false", "AARCH64_MODERN, true"
  })
  void aLargeFrameOfOursIsTakenByALinuxReceiver(Variant variant, boolean ipv6) throws Exception {
    try (var tap = TapNamespace.create();
        var driver = DriverOnQemu.start(tap.apply(variant.options()));
        var station = FrameStation.connect(driver)) {
      NetFeature feature = ipv6 ? NetFeature.HOST_TSO6 : NetFeature.HOST_TSO4;
      assertTrue(station.connection().features().accepted(feature));
      talk(tap, station, ipv6, frame -> {}, TapOffloadTest::sendToLinux);
      assertEquals(0, station.count(Counter.SEGMENTED_FRAMES));
    }
  }

  @ParameterizedTest
  @CsvSource({"RISCV64_MODERN, false", "RISCV64_MODERN, true", "RISCV64_LEGACY, true"})
  void withoutAnyOffloadALargeFrameOfOursIsTakenByALinuxReceiverInSegments(
      Variant variant, boolean ipv6) throws Exception {
    try (var tap = TapNamespace.create();
        var driver = DriverOnQemu.start(tap.apply(variant.options()), NO_OFFLOADS);
        var station = FrameStation.connect(driver)) {
      talk(
          tap,
          station,
          ipv6,
          frame -> TestPackets.assertRight(frame.toByteArray()),
          (linux, ours) -> {
            sendToLinux(linux, ours);
            sendFromLinux(linux, ours);
          });
      assertEquals(1, station.count(Counter.SEGMENTED_FRAMES));
    }
  }

  @ParameterizedTest
  @CsvSource({"RISCV64_MODERN, false", "RISCV64_MODERN, true", "RISCV64_LEGACY, false"})
  void aDatagramWithAPartialChecksumIsTakenByALinuxReceiver(Variant variant, boolean ipv6)
      throws Exception {
    byte[] data = new byte[1000];
    new SplittableRandom(1).nextBytes(data);
    try (var tap = TapNamespace.create();
        var driver = DriverOnQemu.start(tap.apply(variant.options()));
        var station = FrameStation.connect(driver);
        DatagramSocket linux = tap.inside(() -> new DatagramSocket(0, address(ipv6)))) {
      linux.setSoTimeout(Math.toIntExact(TimeUnit.SECONDS.toMillis(Patience.SECONDS)));
      ByteBuffer datagram = ByteBuffer.allocate(8 + data.length);
      datagram.putShort((short) 4711).putShort((short) linux.getLocalPort());
      datagram.putShort((short) datagram.capacity()).putShort((short) 0).put(data);
      MacAddress mac = station.connection().mac();
      byte[] bytes = TcpEnd.frame(ipv6, 17, mac, datagram.array());
      station.send(Offloads.prepare(Frame.wrap(bytes)));
      var packet = new DatagramPacket(new byte[2000], 2000);
      linux.receive(packet);
      assertArrayEquals(data, Arrays.copyOf(packet.getData(), packet.getLength()));
      assertTrue(station.connection().features().accepted(NetFeature.CSUM));
    }
  }

  private static void sendFromLinux(Socket linux, TcpEnd ours) throws Exception {
    byte[] data = new byte[SENT_BY_LINUX];
    new SplittableRandom(2).nextBytes(data);
    // All of it fits into the socket's buffer: the write does not wait for us.
    linux.getOutputStream().write(data);
    assertArrayEquals(data, ours.receive(data.length));
  }

  private static void sendToLinux(Socket linux, TcpEnd ours) throws Exception {
    byte[] data = new byte[LARGE];
    new SplittableRandom(3).nextBytes(data);
    ours.sendLarge(data);
    linux.setSoTimeout(Math.toIntExact(TimeUnit.SECONDS.toMillis(Patience.SECONDS)));
    assertArrayEquals(data, linux.getInputStream().readNBytes(data.length));
  }

  private static void talk(
      TapNamespace tap, FrameStation station, boolean ipv6, Consumer<Frame> watcher, Talk talk)
      throws Exception {
    tap.awaitUp();
    tap.neighbour(station.connection().mac().toString());
    try (ServerSocket server = tap.inside(() -> new ServerSocket(0, 1, address(ipv6)))) {
      server.setSoTimeout(Math.toIntExact(TimeUnit.SECONDS.toMillis(Patience.SECONDS)));
      var ours = new TcpEnd(station, ipv6, 40_000, server.getLocalPort(), watcher);
      ours.connect();
      try (Socket linux = server.accept()) {
        linux.setSendBufferSize(4 * SENT_BY_LINUX);
        talk.with(linux, ours);
      }
    }
  }

  private static InetAddress address(boolean ipv6) throws Exception {
    return InetAddress.getByName(ipv6 ? TapNamespace.LINUX_V6 : TapNamespace.LINUX_V4);
  }
}
