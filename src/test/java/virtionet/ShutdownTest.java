package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.failureOf;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import virtionet.driver.DeviceLostException;
import virtionet.machine.MachineException;
import virtionet.machine.Registers;
import virtionet.machine.Slot;
import virtionet.net.Frame;
import virtionet.testing.DelegatingMachine;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.ModelSettings.Fault;
import virtionet.testing.WatchedRegisters;

/** In which order all is given back when the actor system ends. */
class ShutdownTest {
  private static final int STATUS = 0x070;

  /** A machine that writes down the end of its devices and its own. */
  private static final class ObservedMachine extends DelegatingMachine {
    private final List<String> order = new CopyOnWriteArrayList<>();
    private final long all = model().memory().available();

    ObservedMachine(ModelSettings... devices) {
      super(ModelMachine.of(devices));
    }

    @Override
    public Registers access(Slot slot) {
      Registers device = super.access(slot);
      return new WatchedRegisters(
          device,
          (offset, write) -> {
            boolean asksWhetherReset = offset == STATUS && !write;
            if (asksWhetherReset
                && device.read32(STATUS) == 0
                && model().memory().available() < all) {
              order.add(slot.name() + " confirmed its reset");
            }
          });
    }

    @Override
    public void close() {
      var memory = model().memory();
      order.add(
          "closed, %d bytes in use".formatted(all - memory.available() - memory.quarantined()));
      super.close();
    }
  }

  @Test
  void theMachineIsClosedAfterEachDeviceHasConfirmedItsReset() {
    var machine = new ObservedMachine(ModelSettings.modern(), ModelSettings.legacy());
    try (var driver = DriverOnModel.on(machine.model(), () -> machine, "")) {
      await(driver.net().devices());
      var client = driver.connected();
      client.in().sendNext(Frame.wrap(bytes(1, 60)));
      machine.order.clear();
      driver.system().terminate();
      await(driver.system().getWhenTerminated());
    }
    assertEquals(3, machine.order.size(), machine.order::toString);
    assertEquals("closed, 0 bytes in use", machine.order.getLast());
    assertTrue(machine.order.contains("virtio_mmio@10001000 confirmed its reset"));
    assertTrue(machine.order.contains("virtio_mmio@10001200 confirmed its reset"));
  }

  @Test
  void aDeviceThatNeverResetsCostsItsMemoryAndNothingElse() {
    var machine =
        new ObservedMachine(
            ModelSettings.modern().with(Fault.NEVER_RESETS), ModelSettings.modern());
    try (var driver = DriverOnModel.on(machine.model(), () -> machine, "")) {
      await(driver.net().devices());
      driver.connected();
      long inUse = machine.all - driver.memory().available();
      driver.system().terminate();
      await(driver.system().getWhenTerminated());
      assertEquals(inUse / 2, driver.memory().quarantined(), "the first of two equal devices");
      assertEquals(machine.all - inUse / 2, driver.memory().available());
    }
    assertTrue(machine.model().isClosed());
    assertEquals("closed, 0 bytes in use", machine.order.getLast());
  }

  @Test
  void anUnusedDriverAlsoEndsWithItsSystem() {
    var machine = new ObservedMachine(ModelSettings.modern());
    DriverOnModel.on(machine.model(), () -> machine, "").close();
    assertTrue(machine.model().isClosed());
    assertEquals(0, machine.model().device(0).status());
  }

  @Test
  void aStopIsOrderedOnceHoweverOftenItIsAskedForAndClientsAreTold() {
    try (var driver =
        DriverOnModel.with("virtionet.connect-timeout = 10 m", ModelSettings.modern())) {
      var client = driver.connected();
      var first = driver.net().stop();
      var second = driver.net().stop();
      await(first);
      await(second);
      assertInstanceOf(DeviceLostException.class, client.error());
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aQuestionThatReachesTheDriverInItsLastMomentIsAnsweredAllTheSame() {
    try (var driver =
        DriverOnModel.with("virtionet.connect-timeout = 10 m", ModelSettings.modern())) {
      driver.connected();
      // Asked by the thread that brings the answer, while the driver is still about to end.
      var question = driver.net().stop().thenCompose(done -> driver.net().devices());
      assertInstanceOf(MachineException.class, failureOf(question));
      assertInstanceOf(MachineException.class, failureOf(driver.net().scan()));
    }
  }
}
