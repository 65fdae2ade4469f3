package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.driver.Device;
import virtionet.driver.DeviceLostException;
import virtionet.stream.ConnectionRefusedException;
import virtionet.testing.Patience;
import virtionet.testing.RequiresQemu;
import virtionet.testing.Variant;
import virtionet.testing.Wire;

/** QEMU gone in the midst of traffic; that nothing is left behind is checked at each close. */
@RequiresQemu
class LostMachineTest {
  /** How a shell tells of a process that was killed: 128 and the number of the signal. */
  private static final String KILLED = "ended with code 137";

  @ParameterizedTest
  @EnumSource
  void streamsFailAndSayThatQemuWasKilled(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire))) {
      long pid = driver.qemu().pid();
      EndlessTraffic traffic = EndlessTraffic.start(driver, wire);
      driver.kill();

      String lost = Patience.failure(DeviceLostException.class, traffic.ended());
      assertTold(lost, pid);
      var failed = assertInstanceOf(Device.Failed.class, driver.devices().getFirst());
      assertTold(failed.reason(), pid);
      String late =
          Patience.failure(ConnectionRefusedException.class, driver.connect(driver.net().flow()));
      assertTold(late, pid);
      assertEquals(traffic.connection().name(), failed.slot().name());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aQemuThatQuitsByItselfIsALossAsWell(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire));
        var station = driver.station()) {
      driver.quit();
      String lost = Patience.failure(DeviceLostException.class, station.ended());
      assertTrue(lost.contains("ended with code 0"), lost);
    }
  }

  private static void assertTold(String reason, long pid) {
    assertTrue(reason.contains("QEMU (process %d) %s".formatted(pid, KILLED)), reason);
  }
}
