package virtionet.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.machine.Registers;
import virtionet.testing.Misbehaviour;
import virtionet.testing.Requirement;

/** The steps of a device's life, as its status register sees them. */
class VirtioDeviceTest {
  private static final Duration SHORT = Duration.ofMillis(30);
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final int STATUS = 0x070;

  private final List<Integer> written = new ArrayList<>();
  private int reads;

  /** Keeps what is written into the status, and answers as the test says from the last of it. */
  private VirtioDevice device(boolean legacy, IntUnaryOperator answer) {
    Registers registers =
        new ScriptedRegisters() {
          @Override
          int answer(long offset) {
            if (offset != STATUS) {
              return 0;
            }
            reads++;
            return answer.applyAsInt(written.getLast());
          }

          @Override
          public void write32(long offset, int value) {
            if (offset == STATUS) {
              written.add(value);
            }
          }
        };
    return new VirtioDevice(legacy ? new LegacyMmio(registers) : new ModernMmio(registers));
  }

  private static void assertSays(VirtioException failure, String what) {
    String message = String.valueOf(failure.getMessage());
    assertTrue(message.contains(what), message);
  }

  @Test
  void aModernDeviceGoesThroughAllSteps() {
    VirtioDevice device = device(false, last -> last);
    device.reset(LONG);
    device.acknowledge();
    device.acceptFeatures(1L << 32);
    device.start();
    device.fail();
    assertEquals(List.of(0, 1, 3, 11, 15, 143), written);
  }

  @Test
  void aLegacyDeviceIsNotAskedToConfirmFeatures() {
    VirtioDevice device = device(true, last -> last);
    device.reset(LONG);
    device.acknowledge();
    device.acceptFeatures(0);
    device.start();
    assertEquals(List.of(0, 1, 3, 7), written);
  }

  @Test
  void aStartAfterASecondResetBeginsFromNothing() {
    VirtioDevice device = device(false, last -> last);
    device.acknowledge();
    device.fail();
    device.reset(LONG);
    device.acknowledge();
    assertEquals(List.of(1, 3, 131, 0, 1, 3), written);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Requirement("RST-DRV-01")
  @Misbehaviour("H11")
  void aSlowResetIsWaitedFor(boolean legacy) {
    device(legacy, last -> reads < 20 ? 15 : 0).reset(LONG);
    assertEquals(20, reads);
    assertEquals(List.of(0), written, "asked once");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Misbehaviour("H10")
  void aResetThatNeverComesIsGivenUpWithItsTimeAndStatus(boolean legacy) {
    VirtioDevice device = device(legacy, last -> 15);
    var failure = assertThrows(VirtioException.class, () -> device.reset(SHORT));
    assertSays(failure, "within 30 ms");
    assertSays(failure, "ACKNOWLEDGE|DRIVER|DRIVER_OK|FEATURES_OK");
    assertTrue(reads < 100, reads + " readings of the status: no busy waiting");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0x100, 0x8000_000f})
  @Misbehaviour("H05")
  void aDeviceThatAnswersWithMoreThanEightBitsIsGone(int status) {
    VirtioDevice device = device(false, last -> status);
    assertSays(assertThrows(VirtioException.class, () -> device.reset(LONG)), "is gone");
    assertSays(assertThrows(VirtioException.class, device::health), "is gone");
    assertSays(assertThrows(VirtioException.class, device::start), "is gone");
    assertSays(
        assertThrows(VirtioException.class, () -> device.acceptFeatures(0)), "no device answers");
  }

  @Test
  @Misbehaviour("H12")
  void featuresThatTheDeviceDoesNotConfirmAreNamed() {
    VirtioDevice device = device(false, last -> last & ~DeviceStatus.FEATURES_OK);
    device.acknowledge();
    var failure = assertThrows(VirtioException.class, () -> device.acceptFeatures(0x1_0000_0020L));
    assertSays(failure, "0x100000020");
    assertSays(failure, "takes FEATURES_OK back");
  }

  @Test
  void aDeviceThatNeedsAResetSaysSoAtAnyTime() {
    assertThrows(VirtioException.class, device(false, last -> last | 64)::start);
    VirtioDevice device = device(false, last -> 15 | 64);
    device.acknowledge();
    assertEquals(Health.NEEDS_RESET, device.health());
    VirtioDevice sound = device(false, last -> 15);
    assertEquals(Health.FINE, sound.health());
  }
}
