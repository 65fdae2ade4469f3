package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.failureOf;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.driver.Device;
import virtionet.machine.InterruptLine;
import virtionet.machine.MachineException;
import virtionet.machine.MachineUnavailableException;
import virtionet.machine.Registers;
import virtionet.machine.Slot;
import virtionet.stream.ConnectionRefusedException;
import virtionet.testing.DelegatingMachine;
import virtionet.testing.DriverOnModel;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.ModelSettings.Fault;
import virtionet.testing.NetDeviceModel;

/** What a user is told when there is no device that works. */
class DeviceRefusalTest {
  private static final int MAGIC = 0x74726976;
  private static final ModelSettings SOUND = ModelSettings.modern();

  private static void assertFlowRefused(DriverOnModel driver, String... words) {
    assertRefused(failureOf(driver.client().connection()), words);
  }

  private static void assertRefused(Throwable failure, String... words) {
    String message =
        String.valueOf(assertInstanceOf(ConnectionRefusedException.class, failure).getMessage());
    for (String word : words) {
      assertTrue(message.contains(word), message);
    }
  }

  static Stream<Arguments> failingDevices() {
    return Stream.of(
        Arguments.of(SOUND.without(ModelSettings.VERSION_1), "feature VERSION_1"),
        Arguments.of(SOUND.withQueueSizeMax(0), "no virtqueue 0"),
        Arguments.of(SOUND.with(Fault.REFUSES_FEATURES), "takes FEATURES_OK back"),
        Arguments.of(SOUND.with(Fault.QUEUES_NOT_READY), "does not become ready"),
        Arguments.of(SOUND.with(Fault.QUEUES_IN_USE), "is in use although"),
        Arguments.of(SOUND.with(Fault.CONFIG_NEVER_RESTS), "did not come to rest"),
        Arguments.of(SOUND.with(Fault.NEEDS_RESET_AT_START), "asks for a reset"),
        Arguments.of(ModelSettings.legacy().withQueueSizeMax(0), "no virtqueue 0"),
        Arguments.of(
            ModelSettings.legacy().with(Fault.QUEUES_NOT_READY), "does not take its page"));
  }

  @ParameterizedTest
  @MethodSource("failingDevices")
  @Misbehaviour({"H08", "H12", "H14", "H20", "H30", "H36", "H90"})
  void aDeviceThatCannotBeBroughtUpSaysWhyToWhoeverAsks(ModelSettings device, String why) {
    try (var driver = DriverOnModel.of(device)) {
      assertTrue(driver.failure().contains(why), driver.failure());
      assertFlowRefused(driver, "virtio_mmio@10001000 failed", why);
    }
  }

  static Stream<Arguments> slotsWithoutACard() {
    return Stream.of(
        Arguments.of(SOUND.withIdentity(MAGIC, 2, 2), "block device"),
        Arguments.of(SOUND.withIdentity(0x12345678, 2, 1), "its magic is 0x12345678"),
        Arguments.of(SOUND.withIdentity(MAGIC, 3, 1), "version 3"),
        Arguments.of(SOUND.withIdentity(MAGIC, 2, 0), "0 hold a network card"));
  }

  @ParameterizedTest
  @MethodSource("slotsWithoutACard")
  @Misbehaviour({"H01", "H02", "H03", "H04"})
  void aSlotWithoutANetworkCardIsNoDeviceAndTheRefusalTellsWhatStandsThere(
      ModelSettings device, String what) {
    try (var driver = DriverOnModel.of(device)) {
      assertEquals(List.of(), await(driver.net().devices()));
      assertFlowRefused(driver, "no network device", "1 slots were scanned", what);
    }
  }

  @Test
  void aMachineWithoutSlotsHasNoDevice() {
    try (var driver = DriverOnModel.of()) {
      assertEquals(List.of(), await(driver.net().devices()));
      assertFlowRefused(driver, "no network device", "0 slots were scanned");
    }
  }

  @Test
  void aMachineThatCannotBeOpenedIsToldWithItsReason() {
    ModelMachine unused = ModelMachine.of();
    try (var driver =
        DriverOnModel.on(
            unused,
            () -> {
              throw new MachineUnavailableException("nothing to stand on");
            },
            "")) {
      assertEquals("nothing to stand on", failureOf(driver.net().devices()).getMessage());
      assertEquals("nothing to stand on", failureOf(driver.net().scan()).getMessage());
      assertFlowRefused(driver, "nothing to stand on");
    }
  }

  @Test
  void anUnexpectedErrorOfTheMachineIsToldAsWell() {
    try (var driver =
        DriverOnModel.on(
            ModelMachine.of(),
            () -> {
              throw new IllegalStateException("a bug");
            },
            "")) {
      assertInstanceOf(MachineException.class, failureOf(driver.net().devices()));
      assertFlowRefused(driver, "cannot be opened", "a bug");
    }
  }

  @Test
  void aSlotWhoseRegistersCannotBeReachedSpoilsNoOtherDevice() {
    ModelMachine model = ModelMachine.of(SOUND, SOUND);
    var machine =
        new DelegatingMachine(model) {
          @Override
          public Registers access(Slot slot) {
            if (slot.address() == 0x1000_1200L) {
              throw new MachineException("no way to its registers");
            }
            return super.access(slot);
          }
        };
    try (var driver = DriverOnModel.on(model, () -> machine, "")) {
      driver.connected();
      assertRefused(
          failureOf(driver.client(driver.net().flow("virtio_mmio@10001200")).connection()),
          "there is no network device virtio_mmio@10001200");
      assertTrue(await(driver.net().scan()).toString().contains("no way to its registers"));
    }
  }

  @Test
  void aDeviceWithoutAnInterruptLineFailsAndIsLeftReset() {
    ModelMachine model = ModelMachine.of(SOUND);
    var machine =
        new DelegatingMachine(model) {
          @Override
          public InterruptLine interruptLine(Slot slot) {
            throw new MachineException(slot + " has no interrupt");
          }
        };
    try (var driver = DriverOnModel.on(model, () -> machine, "")) {
      assertTrue(driver.failure().contains("has no interrupt"));
      driver.stopWithoutATrace();
    }
  }

  @Test
  void eachOfTwoDevicesIsReachedByItsName() {
    try (var driver = DriverOnModel.of(SOUND, SOUND.withMac("52:54:00:00:00:02"))) {
      for (int number : new int[] {1, 0}) {
        String name = "virtio_mmio@%x".formatted(0x1000_1000 + number * 0x200);
        var client = driver.client(driver.net().flow(name));
        assertEquals(name, client.connected().name());
        NetDeviceModel device = driver.machine().device(number);
        assertTrue(device.receive(DriverOnModel.bytes(number, 60)));
        assertEquals(60, client.receive().length);
      }
      assertEquals(2, await(driver.net().devices()).size());
      assertRefused(
          failureOf(driver.client(driver.net().flow("eth0")).connection()),
          "no network device eth0",
          "[virtio_mmio@10001000, virtio_mmio@10001200]");
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aDeviceThatFailsLeavesTheOtherAtWork() {
    try (var driver = DriverOnModel.of(SOUND, SOUND.withQueueSizeMax(0))) {
      List<Device.Description> devices = await(driver.net().devices());
      assertInstanceOf(Device.Up.class, devices.get(0));
      assertInstanceOf(Device.Failed.class, devices.get(1));
      var client = driver.connected();
      driver.device().receive(DriverOnModel.bytes(1, 60));
      assertEquals(60, client.receive().length);
      assertFlowRefusedByName(driver);
    }
  }

  private static void assertFlowRefusedByName(DriverOnModel driver) {
    assertRefused(
        failureOf(driver.client(driver.net().flow("virtio_mmio@10001200")).connection()),
        "no virtqueue 0");
  }
}
