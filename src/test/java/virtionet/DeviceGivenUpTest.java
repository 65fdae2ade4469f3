package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.failureOf;
import static virtionet.testing.DriverOnModel.until;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import virtionet.driver.DeviceLostException;
import virtionet.machine.InterruptLine;
import virtionet.machine.MachineException;
import virtionet.machine.Registers;
import virtionet.machine.Slot;
import virtionet.testing.DelegatingLine;
import virtionet.testing.DelegatingMachine;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.WatchedRegisters;

/** A device that is given up: it is told so and reset, and whoever asks is told why. */
class DeviceGivenUpTest {
  private static final int DEVICE_FEATURES = 0x010;
  private static final int STATUS = 0x070;
  private static final int FAILED = 128;

  private final ModelMachine model = ModelMachine.of(ModelSettings.modern());
  private final AtomicBoolean faulty = new AtomicBoolean();

  /** On registers of which one, when it is read, shows a bug. */
  private DriverOnModel driver(int register) {
    var machine =
        new DelegatingMachine(model) {
          @Override
          public Registers access(Slot slot) {
            return new WatchedRegisters(
                super.access(slot),
                (offset, write) -> {
                  if (!write && offset == register && faulty.get()) {
                    // Once: the way down is to be seen as well.
                    faulty.set(false);
                    throw new IllegalStateException("a bug");
                  }
                });
          }
        };
    return DriverOnModel.on(model, () -> machine, "");
  }

  private static void assertRefusedFor(DriverOnModel driver, String why) {
    String refusal = String.valueOf(failureOf(driver.client().connection()).getMessage());
    assertTrue(refusal.contains("virtio_mmio@10001000 failed: "), refusal);
    assertTrue(refusal.contains(why), refusal);
  }

  @Test
  void aBrokenRingIsToldToTheDeviceBeforeTheReset() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var client = driver.connected();
      driver.device().ring(0).rawUse(7000, 60);
      driver.device().raise(1);
      assertInstanceOf(DeviceLostException.class, client.error());
      List<Integer> writes = driver.device().statusWrites();
      assertEquals(List.of(15, 15 | FAILED, 0), writes.subList(writes.size() - 3, writes.size()));
    }
  }

  @Test
  void aDeviceIsNotSaidToHaveFailedWhenTheDriverJustStops() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      driver.connected();
      driver.stopWithoutATrace();
      assertEquals(List.of(0, 1, 3, 11, 15, 0), driver.device().statusWrites());
    }
  }

  @Test
  void aBugOnTheWayUpIsTheReasonThatIsTold() {
    faulty.set(true);
    try (var driver = driver(DEVICE_FEATURES)) {
      assertTrue(driver.failure().contains("a bug"), driver.failure());
      assertRefusedFor(driver, "a bug");
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aDeviceWhoseActorFailedIsDescribedWithTheReasonAndReset() {
    try (var driver = driver(STATUS)) {
      var client = driver.connected();
      faulty.set(true);
      model.device(0).raise(2);
      assertInstanceOf(DeviceLostException.class, client.error());
      until("its end is noticed", () -> driver.failure().contains("a bug"));
      assertRefusedFor(driver, "a bug");
      Throwable byName =
          failureOf(driver.client(driver.net().flow("virtio_mmio@10001000")).connection());
      assertTrue(String.valueOf(byName.getMessage()).contains("a bug"), byName.getMessage());
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aLineThatCannotBeWaitedForAnyMoreLosesTheDevice() {
    var machine =
        new DelegatingMachine(model) {
          @Override
          public InterruptLine interruptLine(Slot slot) {
            return new DelegatingLine(super.interruptLine(slot), () -> {}) {
              @Override
              public Wakeup await(Duration timeout) throws InterruptedException {
                Wakeup wakeup = super.await(timeout);
                if (faulty.get()) {
                  throw new MachineException("the line is cut");
                }
                return wakeup;
              }
            };
          }
        };
    try (var driver = DriverOnModel.on(model, () -> machine, "")) {
      var client = driver.connected();
      faulty.set(true);
      model.device(0).raise(1);
      Throwable lost = assertInstanceOf(DeviceLostException.class, client.error());
      assertTrue(String.valueOf(lost.getMessage()).contains("the line is cut"), lost.getMessage());
      assertRefusedFor(driver, "the line is cut");
      driver.stopWithoutATrace();
    }
  }
}
