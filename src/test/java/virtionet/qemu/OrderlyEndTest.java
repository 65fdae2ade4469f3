package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.machine.Slot;
import virtionet.net.Frame;
import virtionet.testing.Patience;
import virtionet.testing.RequiresQemu;
import virtionet.testing.TestBytes;
import virtionet.testing.Variant;
import virtionet.testing.Wire;

/**
 * The end that the actor system's shutdown brings. That each device's Status reads 0 when its
 * memory is about to be unmapped, and that nothing is left behind, is checked at each close.
 */
@RequiresQemu
class OrderlyEndTest {

  @ParameterizedTest
  @EnumSource
  void theDeviceIsResetInTheMidstOfTrafficBeforeItsMemoryGoes(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire))) {
      EndlessTraffic.start(driver, wire);
      Slot slot = driver.device().info().slot();
      assertNotEquals(0, driver.machine().status(slot), "the device is in use");
    }
  }

  @Test
  void framesThatAClientStillHoldsCanBeReadAfterTheEnd() throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(Variant.RISCV64_MODERN.options(wire))) {
      var client = PullingClient.connect(driver);
      List<Frame> held = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        wire.send(TestBytes.frame(i, 100));
        held.add(client.hold());
      }
      driver.holdFrames();
      driver.end();
      for (int i = 0; i < held.size(); i++) {
        assertArrayEquals(TestBytes.frame(i, 100), held.get(i).toByteArray());
        held.get(i).release();
      }
    }
  }

  @Test
  void stoppingTheDriverTwiceStopsItOnce() throws Exception {
    try (var driver = DriverOnQemu.start(Variant.RISCV64_MODERN.options())) {
      var first = driver.net().stop();
      var second = driver.net().stop();
      Patience.answer(first);
      Patience.answer(second);
      Patience.answer(driver.net().stop());
    }
  }
}
