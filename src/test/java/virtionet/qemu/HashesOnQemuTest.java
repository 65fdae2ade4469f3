package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.machine.qemu.QemuOptions;
import virtionet.net.Frame;
import virtionet.net.FrameHash;
import virtionet.net.HashConfig;
import virtionet.net.HashKey;
import virtionet.net.HashType;
import virtionet.net.NetFeature;
import virtionet.net.RssConfig;
import virtionet.stream.EthernetConnection;
import virtionet.testing.Patience;
import virtionet.testing.Requirement;
import virtionet.testing.RequiresQemu;
import virtionet.testing.RequiresTap;
import virtionet.testing.TapNamespace;
import virtionet.testing.Variant;

/** Hashes of frames from the network stack of Linux: reported, and steered by. */
@RequiresQemu
@RequiresTap
class HashesOnQemuTest {
  private static final int PORT = 4711;
  private static final int FLOWS = 16;
  private static final HashKey KEY = HashKey.of(bytes(HashKey.COMMON_LENGTH));

  private static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) (0x35 + 59 * i);
    }
    return bytes;
  }

  private static TapNamespace tap() throws IOException {
    return TapNamespace.create("mode", "tap", "multi_queue");
  }

  private static QemuOptions options(TapNamespace tap, String more) throws IOException {
    return tap.apply(Variant.RISCV64_MODERN.options())
        .withNetdevs(
            "tap,id=net0,ifname=%s,script=no,downscript=no,queues=2".formatted(TapNamespace.TAP))
        .withDevices("virtio-net-device,netdev=net0,mq=on,rss=on,hash=on" + more);
  }

  private static boolean isIpv6(HashType type) {
    return type.name().endsWith("V6");
  }

  private static boolean isTcp(HashType type) {
    return type.name().startsWith("TCP");
  }

  /** Has Linux send a frame of a flow of its own that type fits to; the port that it is from. */
  private static int sendFromLinux(TapNamespace tap, HashType type) throws Exception {
    var ours =
        new InetSocketAddress(
            InetAddress.getByName(isIpv6(type) ? TapNamespace.OURS_V6 : TapNamespace.OURS_V4),
            PORT);
    return tap.inside(
        () -> {
          if (isTcp(type)) {
            try (var channel = SocketChannel.open()) {
              channel.configureBlocking(false);
              var linux = isIpv6(type) ? TapNamespace.LINUX_V6 : TapNamespace.LINUX_V4;
              channel.bind(new InetSocketAddress(InetAddress.getByName(linux), 0));
              channel.connect(ours);
              return ((InetSocketAddress) channel.getLocalAddress()).getPort();
            }
          }
          var from = InetAddress.getByName(isIpv6(type) ? "::" : "0.0.0.0");
          try (var socket = new DatagramSocket(0, from)) {
            socket.send(new DatagramPacket(new byte[18], 18, ours));
            return socket.getLocalPort();
          }
        });
  }

  /** The next frame that Linux sent to our port from that one. */
  private static Frame receive(FrameStation station, HashType type, int port) throws Exception {
    while (true) {
      Frame frame = station.receive();
      if (portOf(frame).filter(from -> from == port).isPresent()
          && ByteBuffer.wrap(frame.toByteArray()).getShort(12)
              == (short) (isIpv6(type) ? 0x86dd : 0x0800)) {
        return frame;
      }
    }
  }

  /** The port that a frame to ours is from. */
  private static Optional<Integer> portOf(Frame frame) {
    ByteBuffer bytes = ByteBuffer.wrap(frame.toByteArray());
    int transport = 14 + (bytes.getShort(12) == 0x0800 ? 20 : 40);
    return bytes.limit() >= transport + 4 && (bytes.getShort(transport + 2) & 0xffff) == PORT
        ? Optional.of(bytes.getShort(transport) & 0xffff)
        : Optional.empty();
  }

  private static FrameHash hash(Frame frame, HashType type, HashKey key) {
    return new FrameHash(Toeplitz.hash(key, Toeplitz.input(frame.toByteArray(), type)), type);
  }

  private static void assertAccepted(EthernetConnection connection, NetFeature... features) {
    for (NetFeature feature : features) {
      assertEquals(Optional.empty(), connection.features().whyNot(feature), feature::name);
    }
  }

  /** Two of the values that Microsoft publishes to verify an implementation of the hash by. */
  @ParameterizedTest
  @CsvSource({"420995bba18e6450, 323e8fc2", "420995bba18e64500aea06e6, 51ccc178"})
  void theHashOfThisTestIsThatOfToeplitz(String input, String hash) {
    var key =
        new HashKey(
            "6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa");
    byte[] bytes = HexFormat.of().parseHex(input);
    assertEquals(HexFormat.fromHexDigits(hash), Toeplitz.hash(key, bytes));
  }

  @ParameterizedTest
  @EnumSource(
      value = HashType.class,
      names = {"IPV4", "TCPV4", "UDPV4", "IPV6", "TCPV6", "UDPV6"})
  @Requirement("NETRX-IMP-04")
  void aFrameFromLinuxComesWithTheHashOfItsAddressesAndPorts(HashType type) throws Exception {
    try (var tap = tap();
        var driver = DriverOnQemu.start(options(tap, ""), "report-hashes = on");
        var station = FrameStation.connect(driver)) {
      EthernetConnection connection = station.connection();
      assertAccepted(connection, NetFeature.HASH_REPORT);
      assertEquals(EnumSet.allOf(HashType.class), connection.hashLimits().types());
      tap.awaitUp();
      tap.neighbour(connection.mac().toString());
      Patience.answer(connection.control().reportHashes(new HashConfig(Set.of(type), KEY)));
      for (int flow = 0; flow < FLOWS; flow++) {
        Frame frame = receive(station, type, sendFromLinux(tap, type));
        assertEquals(Optional.of(hash(frame, type, KEY)), frame.hash());
      }
    }
  }

  @Test
  void whatNoEnabledTypeFitsToHasNoHash() throws Exception {
    try (var tap = tap();
        var driver = DriverOnQemu.start(options(tap, ""), "report-hashes = on");
        var station = FrameStation.connect(driver)) {
      tap.awaitUp();
      tap.neighbour(station.connection().mac().toString());
      var tcp = new HashConfig(Set.of(HashType.TCPV4), KEY);
      Patience.answer(station.connection().control().reportHashes(tcp));
      int port = sendFromLinux(tap, HashType.UDPV4);
      assertEquals(Optional.empty(), receive(station, HashType.UDPV4, port).hash());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",packed=on", ",mrg_rxbuf=off"})
  void withoutACommandEachFrameHasTheHashThatSaysMostAndKeepsItWhenPairsChange(String more)
      throws Exception {
    try (var tap = tap();
        var driver =
            DriverOnQemu.start(options(tap, more), "report-hashes = on", "queue-pairs = 2");
        var station = FrameStation.connect(driver)) {
      EthernetConnection connection = station.connection();
      assertAccepted(connection, NetFeature.HASH_REPORT, NetFeature.MQ);
      tap.awaitUp();
      tap.neighbour(connection.mac().toString());
      for (int pairs : new int[] {2, 1, 2}) {
        Patience.answer(connection.control().queuePairs(pairs));
        for (HashType type : List.of(HashType.TCPV4, HashType.UDPV4, HashType.UDPV6)) {
          Frame frame = receive(station, type, sendFromLinux(tap, type));
          HashType said = frame.hash().orElseThrow().type();
          // QEMU 7.2 takes each IPv6 packet for one with extension headers, if these are to be
          // hashed.
          boolean ex = said == HashType.UDP_EX && type == HashType.UDPV6;
          assertTrue(said == type || ex, () -> said + ", not " + type);
        }
      }
    }
  }

  /**
   * With hashes to report, QEMU steers in software; without, perhaps by a program in the kernel.
   */
  @ParameterizedTest
  @CsvSource({"on, on", "on, off", "off, on", "off, off"})
  void theTableSaysOnWhichPairAFlowComes(String report, String mq) throws Exception {
    var types = EnumSet.of(HashType.UDPV4, HashType.UDPV6);
    List<Integer> table = List.of(1, 0, 0, 1, 1, 1, 0, 1);
    try (var tap = tap();
        var driver =
            DriverOnQemu.start(
                options(tap, ""),
                "receive-steering = hash",
                "queue-pairs = 2",
                "report-hashes = " + report,
                mq.equals("on") ? "" : "disabled-features = [MQ]")) {
      String name = driver.device().info().name();
      try (var first = FrameStation.connect(driver, driver.net().flow(name, 0));
          var second = FrameStation.connect(driver, driver.net().flow(name, 1))) {
        EthernetConnection connection = first.connection();
        assertAccepted(connection, NetFeature.RSS);
        tap.awaitUp();
        tap.neighbour(connection.mac().toString());
        Patience.answer(connection.control().steerByHash(new RssConfig(types, 0, table, 2, KEY)));
        Set<Integer> used = new TreeSet<>();
        for (int flow = 0; flow < FLOWS; flow++) {
          HashType type = flow % 2 == 0 ? HashType.UDPV4 : HashType.UDPV6;
          int port = sendFromLinux(tap, type);
          byte[] expected = expectedInput(type, port);
          int hash = Toeplitz.hash(KEY, expected);
          int pair = table.get(hash & (table.size() - 1));
          Frame frame = receive(pair == 0 ? first : second, type, port);
          assertEquals(
              report.equals("on") ? Optional.of(new FrameHash(hash, type)) : Optional.empty(),
              frame.hash());
          used.add(pair);
        }
        assertEquals(Set.of(0, 1), used, "both pairs should have had some of the flows");
      }
    }
  }

  private static byte[] expectedInput(HashType type, int port) throws IOException {
    boolean ipv6 = isIpv6(type);
    byte[] from =
        InetAddress.getByName(ipv6 ? TapNamespace.LINUX_V6 : TapNamespace.LINUX_V4).getAddress();
    byte[] to =
        InetAddress.getByName(ipv6 ? TapNamespace.OURS_V6 : TapNamespace.OURS_V4).getAddress();
    return ByteBuffer.allocate(2 * from.length + 4)
        .put(from)
        .put(to)
        .putShort((short) port)
        .putShort((short) PORT)
        .array();
  }
}
