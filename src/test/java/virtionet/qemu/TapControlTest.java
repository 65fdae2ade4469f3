package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
  private static final int IPV4 = 0x0800;
  private static final int TAG = 0x8100;
  private static final int VLAN = 7;
  private static final int UDP = 17;
  private static final int IP_HEADER = 20;
  private static final int UDP_HEADER = 8;

  @ParameterizedTest
  @EnumSource(names = {"RISCV64_MODERN", "RISCV64_LEGACY"})
  void whatLinuxSendsToAnotherStationArrivesOnlyWhilePromiscuous(Variant variant) throws Exception {
    try (var tap = TapNamespace.create();
        var driver = DriverOnQemu.start(tap.apply(variant.options()));
        var station = FrameStation.connect(driver);
        var linux = LinuxUdp.open(tap)) {
      var connection = station.connection();
      tap.awaitUp();
      // Linux believes in another station; QEMU's device is promiscuous from the start.
      tap.neighbour(FOREIGN.toString());
      linux.send("as it starts");
      assertEquals(new LinuxUdp.Arrived(FOREIGN, 0, "as it starts"), LinuxUdp.next(station));

      Patience.answer(connection.control().promiscuous(false));
      linux.send("not for us");
      tap.neighbour(connection.mac().toString());
      linux.send("for us");
      assertEquals(new LinuxUdp.Arrived(connection.mac(), 0, "for us"), LinuxUdp.next(station));

      Patience.answer(connection.control().promiscuous(true));
      tap.neighbour(FOREIGN.toString());
      linux.send("for all");
      assertEquals(new LinuxUdp.Arrived(FOREIGN, 0, "for all"), LinuxUdp.next(station));
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
      assertEquals(new LinuxUdp.Arrived(own, VLAN, "in the table"), LinuxUdp.next(station));

      Patience.answer(connection.control().removeVlan(VLAN));
      tap.sendRaw(datagram(own, VLAN, "removed"));
      tap.sendRaw(datagram(own, 0, "without a tag"));
      assertEquals(new LinuxUdp.Arrived(own, 0, "without a tag"), LinuxUdp.next(station));

      Patience.answer(connection.control().addVlan(VLAN));
      tap.sendRaw(datagram(own, VLAN, "there again"));
      assertEquals(new LinuxUdp.Arrived(own, VLAN, "there again"), LinuxUdp.next(station));
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
    frame.putShort((short) LinuxUdp.PORT).putShort((short) LinuxUdp.PORT);
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
      try (var linux = LinuxUdp.open(tap)) {
        neighbour(tap, before);
        linux.send("to the former address");
        neighbour(tap, FOREIGN);
        linux.send("to the new address");
        assertEquals(
            new LinuxUdp.Arrived(FOREIGN, 0, "to the new address"), LinuxUdp.next(station));
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
