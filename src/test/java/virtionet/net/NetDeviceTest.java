package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.machine.MachineException;
import virtionet.machine.Registers;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.ModelSettings.Fault;
import virtionet.testing.Requirement;
import virtionet.virtio.Finding;
import virtionet.virtio.Probe;
import virtionet.virtio.VirtioException;

/** How a network device is brought up, and refused. */
class NetDeviceTest {
  static Stream<ModelSettings> devices() {
    return Stream.of(
        ModelSettings.modern(),
        ModelSettings.modern().without(ModelSettings.EVENT_IDX),
        ModelSettings.modern().offering(ModelSettings.ALL_RING_FEATURES),
        ModelSettings.modern()
            .offering(ModelSettings.ALL_RING_FEATURES)
            .without(ModelSettings.RING_PACKED),
        ModelSettings.modern().offering(ModelSettings.RING_PACKED).without(ModelSettings.EVENT_IDX),
        ModelSettings.legacy(),
        ModelSettings.legacy().without(ModelSettings.ANY_LAYOUT),
        ModelSettings.legacy()
            .offering(ModelSettings.INDIRECT_DESC)
            .without(ModelSettings.ANY_LAYOUT),
        ModelSettings.legacy().without(ModelSettings.ANY_LAYOUT | ModelSettings.EVENT_IDX));
  }

  static Stream<ModelSettings> bothInterfaces() {
    return Stream.of(ModelSettings.modern(), ModelSettings.legacy());
  }

  @ParameterizedTest
  @MethodSource("devices")
  void aSoundDeviceComesUpByTheRulesAndGoesDownWithoutATrace(ModelSettings settings) {
    try (TestDevice up = TestDevice.up(settings)) {
      assertEquals(MacAddress.parse("52:54:00:12:34:56"), up.device().mac());
      assertEquals(1500, up.device().mtu());
      assertTrue(up.device().initialLink().up());
    }
  }

  @Test
  void theStatusGoesThroughTheSpecifiedSteps() {
    try (TestDevice up = TestDevice.up(ModelSettings.modern())) {
      assertEquals(List.of(0, 1, 3, 11, 15), up.model().statusWrites());
    }
  }

  @Test
  void aLegacyDeviceIsNotAskedForFeaturesOk() {
    try (TestDevice up = TestDevice.up(ModelSettings.legacy())) {
      assertEquals(List.of(0, 1, 3, 7), up.model().statusWrites());
    }
  }

  @ParameterizedTest
  @MethodSource("bothInterfaces")
  void aDeviceWithoutAnAddressGetsOurs(ModelSettings settings) {
    try (TestDevice up = TestDevice.up(settings.without(ModelSettings.MAC))) {
      assertEquals(TestDevice.OWN_MAC, up.device().mac());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"00:00:00:00:00:00", "01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff"})
  @Misbehaviour("H92")
  void anAddressThatNoStationCanHaveIsDeclinedForOurs(String mac) {
    try (TestDevice up = TestDevice.up(ModelSettings.modern().withMac(mac))) {
      assertEquals(TestDevice.OWN_MAC, up.device().mac());
      assertFalse(up.device().features().accepted(NetFeature.MAC));
      assertTrue(up.device().features().toString().contains(mac));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {68, 1280, 9000, 65535})
  @Requirement("NETCFG-DRV-07")
  void theOfferedMtuIsTaken(int mtu) {
    var settings = new NetSettings(8, 8, 2048, Duration.ofMillis(50), Set.of());
    try (TestDevice up = TestDevice.up(ModelSettings.modern().withMtu(mtu), settings)) {
      assertEquals(mtu, up.device().mtu());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 67})
  @Misbehaviour("H94")
  void anMtuBelowWhatIpv4NeedsIsDeclined(int mtu) {
    try (TestDevice up = TestDevice.up(ModelSettings.modern().withMtu(mtu))) {
      assertEquals(1500, up.device().mtu());
      assertFalse(up.device().features().accepted(NetFeature.MTU));
    }
  }

  @Test
  void aDisabledFeatureIsNotAccepted() {
    var settings =
        new NetSettings(256, 256, 2048, Duration.ofMillis(50), Set.of("EVENT_IDX", "STATUS"));
    try (TestDevice up = TestDevice.up(ModelSettings.modern(), settings)) {
      assertEquals(ModelSettings.MAC | ModelSettings.VERSION_1, up.model().driverFeatures());
    }
  }

  @Test
  void aFeatureThatDoesNotExistCannotBeDisabled() {
    Duration timeout = Duration.ofMillis(50);
    var wrong =
        assertThrows(
            IllegalArgumentException.class,
            () -> new NetSettings(256, 256, 2048, timeout, Set.of("EVENT_IDEX")));
    assertTrue(String.valueOf(wrong.getMessage()).contains("EVENT_IDEX"));
  }

  @Test
  void aQueueIsNoLargerThanTheDeviceAllows() {
    try (TestDevice up = TestDevice.up(ModelSettings.modern().withQueueSizeMax(100))) {
      assertEquals(64, up.device().receiveQueue().posted());
      assertEquals(64, up.device().transmitQueue().capacity());
    }
  }

  @ParameterizedTest
  @MethodSource("bothInterfaces")
  void aLinkThatGoesDownJustBeforeTheDeviceIsStartedIsSeen(ModelSettings settings) {
    ModelMachine machine = ModelMachine.of(settings);
    Registers registers = machine.access(machine.slots(Set.of("virtio,mmio")).getFirst());
    var found = assertInstanceOf(Finding.Device.class, Probe.probe(registers));
    NetDevice device =
        NetDevice.bringUp(
            beforeTheStart(registers, () -> machine.device(0).setLink(false)),
            found,
            machine.memory(),
            TestDevice.netSettings(256),
            TestDevice.OWN_MAC);
    assertFalse(device.initialLink().up());
    device.end();
  }

  /** Registers that do something right before DRIVER_OK is written to the status. */
  private static Registers beforeTheStart(Registers registers, Runnable what) {
    return (Registers)
        Proxy.newProxyInstance(
            NetDeviceTest.class.getClassLoader(),
            new Class<?>[] {Registers.class},
            (proxy, method, values) -> {
              if (method.getName().equals("write32")
                  && values[0].equals(0x70L)
                  && ((int) values[1] & 4) != 0) {
                what.run();
              }
              return method.invoke(registers, values);
            });
  }

  @ParameterizedTest
  @MethodSource("bothInterfaces")
  void aChangeOfTheLinkIsSeenThroughTheConfigurationInterrupt(ModelSettings settings) {
    try (TestDevice up = TestDevice.up(settings)) {
      up.model().setLink(false);
      assertEquals(2, up.device().takeInterrupts());
      assertFalse(up.device().readLink().up());
      assertEquals(0, up.device().takeInterrupts());
    }
  }

  @ParameterizedTest
  @MethodSource("bothInterfaces")
  void aDeviceIsBroughtUpAgainAndAgain(ModelSettings settings) {
    ModelMachine machine = ModelMachine.of(settings);
    long before = machine.memory().available();
    for (int life = 0; life < 20; life++) {
      NetDevice device = TestDevice.bringUp(machine, TestDevice.netSettings(256));
      assertTrue(machine.device(0).receive(TestDevice.frame(life, 60)));
      device.end();
      assertEquals(before, machine.memory().available());
    }
    assertEquals(List.of(), machine.device(0).violations());
  }

  @Test
  @Misbehaviour("H20")
  void aDeviceWithoutVersion1IsRefused() {
    assertRefused(
        ModelSettings.modern().without(ModelSettings.VERSION_1), "VERSION_1", "not offered");
  }

  @ParameterizedTest
  @CsvSource({"CTRL_VLAN, not offered", "MTU, below 68", "GUEST_UFO, not used by this driver"})
  void aDeviceThatLacksARequiredFeatureIsRefusedWithTheReason(String feature, String reason) {
    var settings =
        new NetSettings(
            8,
            8,
            2048,
            Duration.ofMillis(50),
            Set.of(),
            Set.of(feature),
            ReceivedFrames.COMPLETE,
            1,
            ReceiveHashes.NONE,
            false);
    ModelMachine machine = ModelMachine.of(ModelSettings.modern().withMtu(60));
    var refused = assertThrows(VirtioException.class, () -> TestDevice.bringUp(machine, settings));
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains(feature), message);
    assertTrue(message.contains(reason), message);
    assertEquals(0, machine.device(0).status(), "reset");
  }

  @Test
  @Misbehaviour("H12")
  void aDeviceThatTakesFeaturesOkBackIsRefused() {
    assertRefused(ModelSettings.modern().with(Fault.REFUSES_FEATURES), "FEATURES_OK");
  }

  @ParameterizedTest
  @MethodSource("bothInterfaces")
  @Misbehaviour("H30")
  void aDeviceWithoutQueuesIsRefused(ModelSettings settings) {
    assertRefused(settings.withQueueSizeMax(0), "no virtqueue 0");
  }

  @ParameterizedTest
  @MethodSource("bothInterfaces")
  @Misbehaviour("H36")
  void aDeviceWhoseQueueIsInUseIsRefused(ModelSettings settings) {
    assertRefused(settings.with(Fault.QUEUES_IN_USE), "in use although the device was reset");
  }

  @ParameterizedTest
  @MethodSource("bothInterfaces")
  @Misbehaviour("H08")
  void aDeviceWhoseQueueDoesNotBecomeReadyIsRefused(ModelSettings settings) {
    assertRefused(settings.with(Fault.QUEUES_NOT_READY), "virtqueue 0");
  }

  @ParameterizedTest
  @MethodSource("bothInterfaces")
  void aConfigurationThatNeverRestsIsRefused(ModelSettings settings) {
    assertRefused(settings.with(Fault.CONFIG_NEVER_RESTS), "did not come to rest");
  }

  @Test
  void aDeviceThatNeedsAResetAtOnceIsRefused() {
    assertRefused(ModelSettings.modern().with(Fault.NEEDS_RESET_AT_START), "asks for a reset");
  }

  /** Refused with these words, told so, and without a trace in its memory. */
  private static void assertRefused(ModelSettings settings, String... words) {
    ModelMachine machine = ModelMachine.of(settings);
    long before = machine.memory().available();
    var refused =
        assertThrows(
            VirtioException.class, () -> TestDevice.bringUp(machine, TestDevice.netSettings(256)));
    for (String word : words) {
      assertTrue(String.valueOf(refused.getMessage()).contains(word), refused.getMessage());
    }
    assertEquals(before, machine.memory().available());
    assertTrue(
        machine.device(0).statusWrites().stream().anyMatch(status -> (status & 128) != 0),
        "FAILED was not said");
    assertEquals(List.of(), machine.device(0).violations());
  }

  @ParameterizedTest
  @MethodSource("bothInterfaces")
  @Requirement("CLEAN-DRV-02")
  @Misbehaviour("H10")
  void memoryOfADeviceThatDoesNotResetIsNeverUsedAgain(ModelSettings settings) {
    ModelMachine machine = ModelMachine.of(settings.with(Fault.NEVER_RESETS));
    NetDevice device = TestDevice.bringUp(machine, TestDevice.netSettings(256));
    long held = (32 << 20) - machine.memory().available();
    var stuck = assertThrows(VirtioException.class, device::end);
    assertTrue(String.valueOf(stuck.getMessage()).contains("did not confirm its reset"));
    assertEquals(held, machine.memory().quarantined());
    assertEquals((32 << 20) - held, machine.memory().available());
  }

  @Test
  void tooLittleMemoryIsAClearErrorAndLeavesNoTrace() {
    ModelMachine machine = ModelMachine.withMemory(1 << 20, ModelSettings.modern());
    var refused =
        assertThrows(
            MachineException.class, () -> TestDevice.bringUp(machine, TestDevice.netSettings(256)));
    assertTrue(String.valueOf(refused.getMessage()).contains("device memory"));
    assertEquals(1 << 20, machine.memory().available());
    assertEquals(0, machine.device(0).status());
  }

  @Test
  void aDeviceThatIsGoneIsSaidToBeGone() {
    TestDevice up = TestDevice.up(ModelSettings.modern());
    up.model().vanish();
    var gone = assertThrows(VirtioException.class, up.device()::health);
    assertTrue(String.valueOf(gone.getMessage()).contains("gone"));
  }
}
