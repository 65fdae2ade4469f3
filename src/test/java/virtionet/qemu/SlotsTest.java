package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.driver.Device;
import virtionet.driver.ScanReport;
import virtionet.machine.Slot;
import virtionet.stream.ConnectionRefusedException;
import virtionet.testing.Patience;
import virtionet.testing.RequiresQemu;
import virtionet.testing.TestBytes;
import virtionet.testing.Variant;
import virtionet.testing.Wire;
import virtionet.virtio.Finding;

/** Machines with other devices in their slots than just one network card. */
@RequiresQemu
class SlotsTest {
  private static final int ENTROPY_SOURCE = 4;

  @ParameterizedTest
  @EnumSource
  void aMachineWithoutNetworkDeviceIsScannedAndEachClientRefused(Variant variant) throws Exception {
    try (var driver = DriverOnQemu.start(variant.options().withNetdevs().withDevices())) {
      List<ScanReport.Line> slots = Patience.answer(driver.net().scan()).slots();
      assertEquals(Set.of(new Finding.Empty()), findings(slots));
      assertEquals(List.of(), driver.devices());
      assertRefused(
          driver,
          "has no network device that works: %d slots were scanned, 0 hold a network card"
              .formatted(slots.size()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDeviceOfAnotherTypeIsNamedAndNotTouched(Variant variant) throws Exception {
    try (var driver =
        DriverOnQemu.start(variant.options().withNetdevs().withDevices("virtio-rng-device"))) {
      ScanReport.Line line = occupied(driver).getFirst();
      var device = assertInstanceOf(Finding.Device.class, line.finding());
      assertEquals(ENTROPY_SOURCE, device.type());
      assertEquals("entropy source", device.typeName());
      assertEquals(variant.legacy(), device.spoken() == Finding.Interface.LEGACY_MMIO);
      assertEquals(List.of(), driver.devices());
      assertEquals(0, driver.machine().status(line.slot()));
      assertRefused(driver, "0 hold a network card");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aNetworkDeviceBesideAnotherTypeWorks(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver =
            DriverOnQemu.start(
                variant
                    .options(wire)
                    .withDevices("virtio-rng-device", "virtio-net-device,netdev=net0"));
        var station = driver.station()) {
      assertEquals(2, occupied(driver).size());
      station.carry(wire, 100, TestBytes.ofEachLength());
      wire.carry(station, 100, TestBytes.ofEachLength());
    }
  }

  @ParameterizedTest
  @EnumSource
  void twoNetworkDevicesWorkEachByItsName(Variant variant) throws Exception {
    try (var firstWire = new Wire();
        var secondWire = new Wire();
        var driver =
            DriverOnQemu.start(
                variant
                    .options()
                    .withNetdevs(firstWire.netdev("net0"), secondWire.netdev("net1"))
                    .withDevices(
                        "virtio-net-device,netdev=net0,mac=52:54:00:00:00:01",
                        "virtio-net-device,netdev=net1,mac=52:54:00:00:00:02"));
        var first = driver.station(nameOf(driver, "52:54:00:00:00:01"));
        var second = driver.station(nameOf(driver, "52:54:00:00:00:02"))) {
      assertNotEquals(first.connection().name(), second.connection().name());
      first.carry(firstWire, 100, TestBytes.ofLength(100));
      second.carry(secondWire, 100, TestBytes.ofLength(101));
      firstWire.carry(first, 100, TestBytes.ofLength(102));
      secondWire.carry(second, 100, TestBytes.ofLength(103));
    }
  }

  @Test
  void aNameThatNoDeviceHasIsRefusedWithTheNamesThatThereAre() throws Exception {
    try (var driver = DriverOnQemu.start(Variant.RISCV64_MODERN.options())) {
      String refused =
          Patience.failure(
              ConnectionRefusedException.class, driver.connect(driver.net().flow("eth0")));
      assertEquals(
          "there is no network device eth0; there is [%s]".formatted(driver.device().info().name()),
          refused);
    }
  }

  private static void assertRefused(DriverOnQemu driver, String reason) {
    String refused =
        Patience.failure(ConnectionRefusedException.class, driver.connect(driver.net().flow()));
    assertTrue(refused.contains(reason), refused);
  }

  private static List<ScanReport.Line> occupied(DriverOnQemu driver) {
    return Patience.answer(driver.net().scan()).slots().stream()
        .filter(line -> !(line.finding() instanceof Finding.Empty))
        .toList();
  }

  private static Set<Finding> findings(List<ScanReport.Line> slots) {
    return slots.stream().map(ScanReport.Line::finding).collect(Collectors.toSet());
  }

  private static String nameOf(DriverOnQemu driver, String mac) {
    return driver.devices().stream()
        .map(Device.Up.class::cast)
        .filter(up -> up.device().info().mac().toString().equals(mac))
        .map(Device.Up::slot)
        .map(Slot::name)
        .findFirst()
        .orElseThrow();
  }
}
