package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.machine.Registers;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.ModelSettings.Fault;
import virtionet.testing.NetDeviceModel;
import virtionet.testing.WatchedRegisters;
import virtionet.virtio.Finding;
import virtionet.virtio.Probe;
import virtionet.virtio.VirtioException;

/** What a device is like at the first moment of its work, and after a bad end. */
class InitialStateTest {
  private static final int GUEST_PAGE_OR_FEATURES = 0x020;
  private static final ModelSettings TWO_DESCRIPTORS_A_FRAME =
      ModelSettings.legacy().without(ModelSettings.ANY_LAYOUT);

  @Test
  void aLinkThatChangedWhileTheDeviceWasBroughtUpIsSeen() {
    ModelMachine machine = ModelMachine.of(ModelSettings.modern());
    NetDeviceModel model = machine.device(0);
    var registers =
        new WatchedRegisters(
            model,
            (offset, write) -> {
              if (write && offset == GUEST_PAGE_OR_FEATURES) {
                model.setLink(false);
              }
            });
    assertFalse(bringUp(machine, registers).initialLink().up());
  }

  @Test
  void withoutTheStatusFeatureTheLinkCountsAsUp() {
    ModelMachine machine = ModelMachine.of(ModelSettings.modern());
    machine.device(0).setLink(false);
    var settings = new NetSettings(8, 8, 2048, Duration.ofMillis(50), Set.of("STATUS"));
    assertTrue(TestDevice.bringUp(machine, settings).initialLink().up());
  }

  private static NetDevice bringUp(ModelMachine machine, Registers registers) {
    var found = assertInstanceOf(Finding.Device.class, Probe.probe(registers));
    return NetDevice.bringUp(
        registers, found, machine.memory(), TestDevice.netSettings(8), TestDevice.OWN_MAC);
  }

  static List<ModelSettings> smallestQueues() {
    return List.of(
        ModelSettings.modern().withQueueSizeMax(1),
        ModelSettings.legacy().withQueueSizeMax(1),
        TWO_DESCRIPTORS_A_FRAME.withQueueSizeMax(2));
  }

  @ParameterizedTest
  @MethodSource("smallestQueues")
  @Misbehaviour("H33")
  void queuesForASingleFrameCarryFrames(ModelSettings settings) {
    try (TestDevice up = TestDevice.up(settings)) {
      for (int number = 0; number < 3; number++) {
        byte[] bytes = TestDevice.frame(number, 60);
        assertTrue(up.model().receive(bytes));
        assertEquals(1, up.receive(4).size());
        assertEquals(
            TransmitQueue.Outcome.QUEUED, up.device().transmitQueue().send(Frame.wrap(bytes)));
        up.device().transmitQueue().flush();
        assertEquals(1, up.device().transmitQueue().reap());
      }
    }
  }

  @Test
  @Misbehaviour("H33")
  void aQueueWithoutRoomForASingleFrameIsRefused() {
    ModelMachine machine = ModelMachine.of(TWO_DESCRIPTORS_A_FRAME.withQueueSizeMax(1));
    var refused =
        assertThrows(
            VirtioException.class, () -> TestDevice.bringUp(machine, TestDevice.netSettings(8)));
    assertTrue(String.valueOf(refused.getMessage()).contains("virtqueue 0 has 1 descriptor"));
    assertEquals(32 << 20, machine.memory().available());
    assertEquals(0, machine.device(0).status(), "reset");
  }

  @Test
  void aBugOnTheWayUpLeavesTheDeviceGivenUpAndReset() {
    ModelMachine machine = ModelMachine.of(ModelSettings.modern());
    NetDeviceModel model = machine.device(0);
    var registers =
        new WatchedRegisters(
            model,
            (offset, write) -> {
              if (write && offset == GUEST_PAGE_OR_FEATURES) {
                throw new IllegalStateException("a bug");
              }
            });
    assertThrows(IllegalStateException.class, () -> bringUp(machine, registers));
    assertEquals(List.of(0, 1, 3, 131, 0), model.statusWrites());
  }

  @Test
  void memoryThatIsWithdrawnIsNotLentAndItsFramesCountAsAborted() {
    TestDevice up = TestDevice.up(ModelSettings.modern().with(Fault.NEVER_RESETS));
    up.model().stall();
    TransmitQueue transmit = up.device().transmitQueue();
    for (int number = 0; number < 3; number++) {
      transmit.send(Frame.wrap(TestDevice.frame(number, 60)));
    }
    transmit.flush();
    assertThrows(VirtioException.class, up.device()::end);
    assertEquals(3, up.count(Counter.TRANSMIT_ABORTED));
    assertTrue(transmit.allocate(60).isEmpty(), "a frame in memory that the device may write");
  }
}
