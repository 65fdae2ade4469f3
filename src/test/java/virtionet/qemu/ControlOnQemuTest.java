package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.driver.ControlException;
import virtionet.driver.DeviceControl;
import virtionet.machine.Registers;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.Link;
import virtionet.net.MacAddress;
import virtionet.net.ReceiveMode;
import virtionet.net.VlanTag;
import virtionet.tcpip.Ipv4Address;
import virtionet.tcpip.Ipv4Interface;
import virtionet.tcpip.TcpIp;
import virtionet.tcpip.TcpIpSettings;
import virtionet.testing.Patience;
import virtionet.testing.Requirement;
import virtionet.testing.RequiresQemu;
import virtionet.testing.TestBytes;
import virtionet.testing.Variant;
import virtionet.testing.Wire;

/** What QEMU's device does when it is told to, seen from the other end of its wire. */
@RequiresQemu
class ControlOnQemuTest {
  private static final MacAddress FOREIGN = MacAddress.parse("02:00:00:00:00:11");
  private static final MacAddress GROUP = MacAddress.parse("01:00:5e:00:00:fb");
  private static final int ARP = 0x0806;
  private static final int CONFIG_STATUS = 0x106;

  private int number;

  private byte[] frameTo(MacAddress destination) {
    byte[] frame = TestBytes.frame(number++, 100);
    System.arraycopy(destination.toBytes(), 0, frame, 0, MacAddress.LENGTH);
    frame[12] = 0x08;
    frame[13] = 0;
    return frame;
  }

  private static byte[] tagged(int vlan, byte[] frame) {
    Frame tagged = VlanTag.of(vlan).push(Frame.copyOf(frame), Frame::ofLength);
    byte[] bytes = tagged.toByteArray();
    tagged.release();
    return bytes;
  }

  private static void assertPasses(Wire wire, Station station, byte[] frame) throws Exception {
    wire.send(frame);
    assertArrayEquals(frame, station.receive());
  }

  /** What comes next is the frame after it, which passes: it was not merely late. */
  private static void assertIsHeldBack(Wire wire, Station station, byte[] frame, byte[] next)
      throws Exception {
    wire.send(frame);
    assertPasses(wire, station, next);
  }

  @ParameterizedTest
  @EnumSource
  void framesForOthersPassByPromiscuityOrByTheTableAlone(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire));
        var station = driver.station()) {
      DeviceControl control = station.connection().control();
      MacAddress own = station.connection().mac();
      Patience.answer(control.promiscuous(false));
      assertIsHeldBack(wire, station, frameTo(FOREIGN), frameTo(own));
      assertPasses(wire, station, frameTo(MacAddress.BROADCAST));

      Patience.answer(control.macTable(List.of(FOREIGN), List.of()));
      assertPasses(wire, station, frameTo(FOREIGN));
      Patience.answer(control.macTable(List.of(), List.of()));
      assertIsHeldBack(wire, station, frameTo(FOREIGN), frameTo(own));

      Patience.answer(control.promiscuous(true));
      assertPasses(wire, station, frameTo(FOREIGN));
    }
  }

  @ParameterizedTest
  @EnumSource
  void framesForGroupsPassByTheTableOrWhenAllDo(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire));
        var station = driver.station()) {
      DeviceControl control = station.connection().control();
      MacAddress own = station.connection().mac();
      Patience.answer(control.promiscuous(false));
      assertIsHeldBack(wire, station, frameTo(GROUP), frameTo(own));
      Patience.answer(control.macTable(List.of(), List.of(GROUP)));
      assertPasses(wire, station, frameTo(GROUP));
      Patience.answer(control.macTable(List.of(), List.of()));
      Patience.answer(control.allMulticast(true));
      assertPasses(wire, station, frameTo(GROUP));

      Patience.answer(control.receiveMode(ReceiveMode.NO_BROADCAST, true));
      assertIsHeldBack(wire, station, frameTo(MacAddress.BROADCAST), frameTo(own));
    }
  }

  @ParameterizedTest
  @EnumSource
  @Requirement("CVQVLAN-IMP-01")
  void framesOfAVlanPassWhileItIsInTheTable(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire));
        var station = driver.station()) {
      DeviceControl control = station.connection().control();
      MacAddress own = station.connection().mac();
      Patience.answer(control.promiscuous(false));
      // QEMU 7.2 begins with an empty table, as it should; 10.0 with a full one.
      Patience.answer(control.removeVlan(5));
      Patience.answer(control.removeVlan(6));
      assertIsHeldBack(wire, station, tagged(5, frameTo(own)), frameTo(own));
      Patience.answer(control.addVlan(5));
      assertPasses(wire, station, tagged(5, frameTo(own)));
      assertIsHeldBack(wire, station, tagged(6, frameTo(own)), frameTo(own));
      Patience.answer(control.removeVlan(5));
      assertIsHeldBack(wire, station, tagged(5, frameTo(own)), frameTo(own));
    }
  }

  @ParameterizedTest
  @EnumSource
  @Requirement("CVQMAC-DRV-02")
  void theDeviceListensToTheAddressThatItWasGiven(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire));
        var station = driver.station()) {
      DeviceControl control = station.connection().control();
      MacAddress before = station.connection().mac();
      Patience.answer(control.promiscuous(false));
      Patience.answer(control.setMac(FOREIGN));
      assertEquals(FOREIGN, station.connection().mac());
      assertIsHeldBack(wire, station, frameTo(before), frameTo(FOREIGN));
    }
  }

  /** A table beyond QEMU's 64 entries and beyond our command memory: nothing may be lost. */
  @ParameterizedTest
  @EnumSource
  void withATableBeyondItsRoomEveryFramePasses(Variant variant) throws Exception {
    List<MacAddress> many =
        LongStream.range(0, 1_000).mapToObj(i -> new MacAddress(0x0200_0001_0000L + i)).toList();
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire));
        var station = driver.station()) {
      DeviceControl control = station.connection().control();
      Patience.answer(control.promiscuous(false));
      for (int size : new int[] {65, 1_000}) {
        Patience.answer(control.macTable(many.subList(0, size), List.of()));
        assertPasses(wire, station, frameTo(many.get(size - 1)));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatQemuRefusesIsToldAndHarmsNothing(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire));
        var station = driver.station()) {
      // Its wire carries no virtio header, so there are no offloads to switch.
      DeviceControl control = station.connection().control();
      assertTrue(
          Patience.failure(ControlException.class, control.guestOffloads(Set.of()))
              .contains("the device refuses GuestOffloads"));
      station.carry(wire, 10, TestBytes.ofLength(60));
    }
  }

  @ParameterizedTest
  @EnumSource
  @Requirement({"CVQANN-DRV-01", "CVQANN-DRV-02"})
  void anAnnouncementThatIsAskedForGoesOverTheWireAndIsAcknowledged(Variant variant)
      throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire))) {
      var device = driver.device();
      try (TcpIp stack =
          TcpIp.start(
              driver.system(),
              driver.net().flow(),
              TcpIpSettings.of(device.events().mac(), device.events().mtu()))) {
        Patience.answer(stack.configure(Ipv4Interface.of(Ipv4Address.of(10, 0, 0, 2), 24)));
        device.control().announceBy(stack::announce);
        awaitArp(wire);
        driver
            .qemu()
            .execute("announce-self", Map.of("initial", 50, "max", 100, "rounds", 3, "step", 10));
        awaitArp(wire);
        // QEMU asks for the next round only when the last one was acknowledged.
        Patience.until(
            "all rounds were done",
            () -> device.counters().getOrDefault(Counter.ANNOUNCEMENTS, 0L) >= 2);
        Registers registers = driver.machine().access(device.info().slot());
        Patience.until(
            "nothing is asked for any more", () -> (registers.read16(CONFIG_STATUS) & 2) == 0);
      }
    }
  }

  /** QEMU's own announcements are of another protocol. */
  private static void awaitArp(Wire wire) throws Exception {
    byte[] frame;
    do {
      frame = wire.receive();
    } while (((frame[12] & 0xff) << 8 | (frame[13] & 0xff)) != ARP);
  }

  @Test
  void speedAndDuplexAreWhatTheDeviceSays() throws Exception {
    var options =
        Variant.RISCV64_MODERN
            .options()
            .withDevices("virtio-net-device,netdev=net0,speed=2500,duplex=full");
    try (var driver = DriverOnQemu.start(options)) {
      assertEquals(
          new Link(true, OptionalLong.of(2500), Link.Duplex.FULL), driver.device().events().link());
    }
  }

  @ParameterizedTest
  @EnumSource
  void theMtuIsWhatTheHostSaysAndHoldsForWhatIsSent(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver =
            DriverOnQemu.start(
                variant.options(wire).withDevices("virtio-net-device,netdev=net0,host_mtu=1400"));
        var station = driver.station()) {
      assertEquals(1400, driver.device().events().mtu());
      station.send(TestBytes.frame(0, 1415));
      station.carry(wire, 1, TestBytes.ofLength(1414));
      assertEquals(1, station.count(Counter.REFUSED_LONG));
    }
  }
}
