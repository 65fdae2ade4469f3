package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelSettings;
import virtionet.testing.ModelSettings.Fault;
import virtionet.testing.Requirement;
import virtionet.virtio.CommonFeature;
import virtionet.virtio.VirtioException;

/** Which features of its rings a network device accepts, and what it makes of them. */
class RingFeaturesTest {
  private static final ModelSettings ALL =
      ModelSettings.modern().offering(ModelSettings.ALL_RING_FEATURES);

  private static NetSettings without(String... disabled) {
    return new NetSettings(64, 64, 2048, Duration.ofMillis(50), Set.of(disabled));
  }

  /** One frame each way. */
  private static void assertCarries(TestDevice up, int number) {
    byte[] frame = TestDevice.frame(number, 60);
    up.device().transmitQueue().send(Frame.copyOf(frame));
    up.device().transmitQueue().flush();
    assertArrayEquals(frame, up.model().takeTransmitted().getFirst());
    assertEquals(1, up.device().transmitQueue().reap());
    assertTrue(up.model().receive(frame));
    assertArrayEquals(frame, up.receive(10).getFirst());
  }

  @Test
  @Requirement({"RSVD-DRV-06", "RSVD-DRV-07"})
  void allThatShapesARingIsAcceptedWhereItIsOffered() {
    try (TestDevice up = TestDevice.up(ALL)) {
      assertEquals(ALL.features(), up.model().driverFeatures());
      assertCarries(up, 1);
    }
  }

  @Test
  @Requirement({"FEAT-DRV-06", "RSVD-DRV-10"})
  void whatThisTransportDoesNotHaveIsNotAccepted() {
    long others =
        CommonFeature.SR_IOV.mask()
            | CommonFeature.NOTIF_CONFIG_DATA.mask()
            | CommonFeature.ADMIN_VQ.mask();
    try (TestDevice up = TestDevice.up(ModelSettings.modern().offering(others))) {
      assertEquals(0, up.model().driverFeatures() & others);
    }
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "RING_PACKED",
        "EVENT_IDX",
        "INDIRECT_DESC",
        "IN_ORDER",
        "NOTIFICATION_DATA",
        "ORDER_PLATFORM",
        "RING_RESET"
      })
  @Requirement("FEAT-DRV-08")
  void eachOfThemCanBeSwitchedOffOnItsOwn(CommonFeature feature) {
    try (TestDevice up = TestDevice.up(ALL, without(feature.name()))) {
      assertEquals(ALL.features() & ~feature.mask(), up.model().driverFeatures());
      for (int i = 0; i < 200; i++) {
        assertCarries(up, i);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5, 7, 63})
  @Requirement({"PACKED-IMP-10", "MMIO-DRV-14"})
  @Misbehaviour("H32")
  void aPackedQueueHasAsManyDescriptorsAsTheDeviceAllows(int most) {
    try (TestDevice up = TestDevice.up(ALL.withQueueSizeMax(most), without())) {
      assertEquals(most, up.device().receiveQueue().posted());
      assertEquals(most, up.device().transmitQueue().capacity());
      for (int i = 0; i < 5 * most; i++) {
        assertCarries(up, i);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0x10000, Integer.MAX_VALUE})
  void aPackedQueueIsNeverLargerThanWanted(int most) {
    try (TestDevice up = TestDevice.up(ALL.withQueueSizeMax(most), without())) {
      assertEquals(64, up.device().receiveQueue().posted());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Requirement("SPLIT-DRV-16")
  void anInterruptForNothingChangesNothing(boolean packed) {
    try (TestDevice up = TestDevice.up(ALL, packed ? without() : without("RING_PACKED"))) {
      for (int i = 0; i < 100; i++) {
        up.model().raise(1);
        assertEquals(1, up.device().takeInterrupts());
        assertEquals(List.of(), up.receive(10));
        assertEquals(0, up.device().transmitQueue().reap());
        assertEquals(64, up.device().receiveQueue().posted());
        assertCarries(up, i);
      }
    }
  }

  private static void queueFrames(TestDevice up, int count) {
    for (int i = 0; i < count; i++) {
      up.device().transmitQueue().send(Frame.copyOf(TestDevice.frame(i, 60)));
    }
    up.device().transmitQueue().flush();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Requirement({
    "VQR-DRV-01",
    "VQR-DRV-02",
    "VQR-DRV-03",
    "VQR-IMP-01",
    "MMIO-DRV-15",
    "MMIO-DRV-21"
  })
  void theTransmitQueueIsRestartedWhileReceivingGoesOn(boolean packed) {
    try (TestDevice up = TestDevice.up(ALL, packed ? without() : without("RING_PACKED"))) {
      assertCarries(up, 1);
      up.model().stall();
      queueFrames(up, 5);
      assertEquals(5, up.device().restartTransmit(0));
      assertEquals(0, up.device().transmitQueue().inFlight());
      assertEquals(64, up.device().transmitQueue().room());
      assertEquals(5, up.count(Counter.TRANSMIT_ABORTED));
      assertEquals(0, up.model().waiting(1), "the device has forgotten them");
      queueFrames(up, 64);
      assertEquals(64, up.model().transmitNow());
      assertEquals(64, up.device().transmitQueue().reap());
      assertTrue(up.model().receive(TestDevice.frame(2, 60)));
      assertEquals(1, up.receive(10).size());
    }
  }

  @Test
  @Requirement("VQR-IMP-01")
  void withoutRingResetNoQueueIsRestarted() {
    try (TestDevice up = TestDevice.up(ALL, without("RING_RESET"))) {
      var refused = assertThrows(VirtioException.class, () -> up.device().restartTransmit(0));
      assertTrue(String.valueOf(refused.getMessage()).contains("RING_RESET was not accepted"));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"LACKS_QUEUE_RESET", "QUEUE_NEVER_RESETS"})
  @Requirement({"VQR-DRV-01", "VQR-DRV-02", "MMIO-DRV-21"})
  @Misbehaviour("H21")
  void aQueueThatTheDeviceDoesNotLetGoOfKeepsItsFrames(Fault fault) {
    try (TestDevice up = TestDevice.up(ALL.with(fault), without())) {
      up.model().stall();
      queueFrames(up, 5);
      var refused = assertThrows(VirtioException.class, () -> up.device().restartTransmit(0));
      String why =
          fault == Fault.LACKS_QUEUE_RESET
              ? "lacks the register QueueReset"
              : "did not confirm its reset within 50 ms";
      assertTrue(String.valueOf(refused.getMessage()).contains(why), refused.getMessage());
      assertEquals(5, up.device().transmitQueue().inFlight());
      assertEquals(5, up.model().waiting(1));
      assertFalse(up.model().statusWrites().contains(0x8f), "the device goes on");
    }
  }

  @Test
  void theRingsMemoryIsWithdrawnWithATableForEachDescriptorWhereThereAreSome() {
    ModelSettings separateHeader = ModelSettings.legacy().without(ModelSettings.ANY_LAYOUT);
    try (TestDevice direct = TestDevice.up(separateHeader);
        TestDevice tables = TestDevice.up(separateHeader.offering(ModelSettings.INDIRECT_DESC))) {
      long more = direct.machine().memory().available() - tables.machine().memory().available();
      // Two queues of 256, two descriptors of 16 bytes in each table; pages round them up.
      assertEquals(2 * 256 * 2 * 16, more);
      assertEquals(List.of(), tables.model().violations());
    }
  }
}
