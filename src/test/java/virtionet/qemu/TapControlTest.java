package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.net.Frame;
import virtionet.net.MacAddress;
import virtionet.testing.Patience;
import virtionet.testing.RequiresQemu;
import virtionet.testing.RequiresTap;
import virtionet.testing.TapNamespace;
import virtionet.testing.TestBytes;
import virtionet.testing.Variant;

/** What control commands do to what Linux sends us, and to what Linux learns of us. */
@RequiresQemu
@RequiresTap
class TapControlTest {
  private static final MacAddress FOREIGN = MacAddress.parse("02:00:00:00:00:11");
  private static final int ADDRESSES = 2 * MacAddress.LENGTH;
  private static final int IPV4 = 0x0800;
  private static final int TAG = 0x8100;
  private static final int VLAN = 7;
  private static final int UDP = 17;
  private static final int PORT = 4711;
  private static final int IP_HEADER = 20;
  private static final int UDP_HEADER = 8;

  /** Sends datagrams from Linux, and knows what is next to arrive of them. */
  private record Sender(DatagramSocket socket, InetAddress to) implements AutoCloseable {
    static Sender of(TapNamespace tap, String from, String to) throws Exception {
      InetAddress own = InetAddress.getByName(from);
      return new Sender(tap.inside(() -> new DatagramSocket(0, own)), InetAddress.getByName(to));
    }

    void send(String text) throws Exception {
      byte[] data = text.getBytes(StandardCharsets.US_ASCII);
      socket.send(new DatagramPacket(data, data.length, to, PORT));
    }

    @Override
    public void close() {
      socket.close();
    }
  }

  /** A datagram as it came: to which station, in which VLAN (0: none), with what in it. */
  private record Arrived(MacAddress to, int vlan, String text) {}

  /** The next datagram of ours; Linux says more than that by itself. */
  private static Arrived next(FrameStation station) throws Exception {
    while (true) {
      Frame frame = station.receive();
      byte[] bytes = frame.toByteArray();
      boolean tagged = u16(bytes, ADDRESSES) == TAG;
      int at = tagged ? ADDRESSES + 4 : ADDRESSES;
      int ip = at + 2;
      int udp = ip + IP_HEADER;
      if (u16(bytes, at) == IPV4 && bytes[ip + 9] == UDP && u16(bytes, udp + 2) == PORT) {
        return new Arrived(
            MacAddress.of(bytes, 0),
            tagged ? u16(bytes, ADDRESSES + 2) & 0xfff : 0,
            new String(
                bytes,
                udp + UDP_HEADER,
                u16(bytes, udp + 4) - UDP_HEADER,
                StandardCharsets.US_ASCII));
      }
    }
  }

  private static int u16(byte[] bytes, int at) {
    return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
  }

  @ParameterizedTest
  @EnumSource(names = {"RISCV64_MODERN", "RISCV64_LEGACY"})
  void whatLinuxSendsToAnotherStationArrivesOnlyWhilePromiscuous(Variant variant) throws Exception {
    try (var tap = TapNamespace.create();
        var driver = DriverOnQemu.start(tap.apply(variant.options()));
        var station = FrameStation.connect(driver);
        var linux = Sender.of(tap, TapNamespace.LINUX_V4, TapNamespace.OURS_V4)) {
      var connection = station.connection();
      tap.awaitUp();
      // Linux believes in another station; QEMU's device is promiscuous from the start.
      tap.neighbour(FOREIGN.toString());
      linux.send("as it starts");
      assertEquals(new Arrived(FOREIGN, 0, "as it starts"), next(station));

      Patience.answer(connection.control().promiscuous(false));
      linux.send("not for us");
      tap.neighbour(connection.mac().toString());
      linux.send("for us");
      assertEquals(new Arrived(connection.mac(), 0, "for us"), next(station));

      Patience.answer(connection.control().promiscuous(true));
      tap.neighbour(FOREIGN.toString());
      linux.send("for all");
      assertEquals(new Arrived(FOREIGN, 0, "for all"), next(station));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"RISCV64_MODERN", "RISCV64_LEGACY"})
  void taggedFramesOfLinuxArriveWhileTheirVlanIsInTheTable(Variant variant) throws Exception {
    try (var tap = TapNamespace.create();
        var driver = DriverOnQemu.start(tap.apply(variant.options()));
        var station = FrameStation.connect(driver)) {
      var connection = station.connection();
      MacAddress own = connection.mac();
      tap.awaitUp();
      Patience.answer(connection.control().promiscuous(false));
      Patience.answer(connection.control().addVlan(VLAN));
      tap.sendRaw(datagram(own, VLAN, "in the table"));
      assertEquals(new Arrived(own, VLAN, "in the table"), next(station));

      Patience.answer(connection.control().removeVlan(VLAN));
      tap.sendRaw(datagram(own, VLAN, "removed"));
      tap.sendRaw(datagram(own, 0, "without a tag"));
      assertEquals(new Arrived(own, 0, "without a tag"), next(station));

      Patience.answer(connection.control().addVlan(VLAN));
      tap.sendRaw(datagram(own, VLAN, "there again"));
      assertEquals(new Arrived(own, VLAN, "there again"), next(station));
    }
  }

  /** An IPv4 datagram from Linux' station; with a tag where the VLAN is not 0. */
  private static byte[] datagram(MacAddress to, int vlan, String text) {
    byte[] data = text.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer frame = ByteBuffer.allocate(100);
    frame.put(to.toBytes()).put(TapNamespace.LINUX_MAC.toBytes());
    if (vlan != 0) {
      frame.putShort((short) TAG).putShort((short) vlan);
    }
    frame.putShort((short) IPV4);
    int ip = frame.position();
    frame.put(ip, (byte) 0x45).put(ip + 9, (byte) UDP);
    frame.position(ip + IP_HEADER);
    frame.putShort((short) PORT).putShort((short) PORT);
    frame.putShort((short) (UDP_HEADER + data.length)).putShort((short) 0).put(data);
    return frame.array();
  }

  /** Linux' own bridge is the witness: it learns who stands at a port, and sends what is for it. */
  @ParameterizedTest
  @EnumSource(names = {"RISCV64_MODERN", "RISCV64_LEGACY"})
  void aBridgeLearnsTheAddressThatTheDeviceWasGiven(Variant variant) throws Exception {
    try (var tap = TapNamespace.create();
        var driver = DriverOnQemu.start(tap.apply(variant.options()));
        var station = FrameStation.connect(driver)) {
      tap.ip("link", "add", "bridge0", "type", "bridge", "stp_state", "0", "forward_delay", "0");
      tap.ip("address", "flush", "dev", TapNamespace.TAP);
      tap.ip("link", "set", TapNamespace.TAP, "master", "bridge0");
      tap.ip("address", "add", TapNamespace.LINUX_V4 + "/24", "dev", "bridge0");
      tap.ip("link", "set", "bridge0", "up");
      var connection = station.connection();
      MacAddress before = connection.mac();
      awaitLearned(tap, station, before);

      Patience.answer(connection.control().promiscuous(false));
      Patience.answer(connection.control().setMac(FOREIGN));
      assertEquals(FOREIGN, connection.mac());
      awaitLearned(tap, station, connection.mac());

      // What the bridge sends to the former address is no longer for us.
      try (var linux = Sender.of(tap, TapNamespace.LINUX_V4, TapNamespace.OURS_V4)) {
        neighbour(tap, before);
        linux.send("to the former address");
        neighbour(tap, FOREIGN);
        linux.send("to the new address");
        assertEquals(new Arrived(FOREIGN, 0, "to the new address"), next(station));
      }
    }
  }

  private static void neighbour(TapNamespace tap, MacAddress mac) throws Exception {
    tap.ip(
        "neighbour",
        "replace",
        TapNamespace.OURS_V4,
        "lladdr",
        mac.toString(),
        "dev",
        "bridge0",
        "nud",
        "permanent");
  }

  /** A frame of ours from that address makes the bridge know our port by it. */
  private static void awaitLearned(TapNamespace tap, FrameStation station, MacAddress mac) {
    byte[] frame = TestBytes.frame(1, 60);
    Arrays.fill(frame, 0, MacAddress.LENGTH, (byte) 0xff);
    System.arraycopy(mac.toBytes(), 0, frame, MacAddress.LENGTH, MacAddress.LENGTH);
    Patience.until(
        "the bridge knows " + mac,
        () -> {
          station.send(Frame.copyOf(frame));
          return tap.learned().contains(mac.toString());
        });
  }
}
