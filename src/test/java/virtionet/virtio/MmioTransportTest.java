package virtionet.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.testing.Misbehaviour;
import virtionet.testing.Requirement;

/** Each access of both register interfaces: which register, how wide, in which order. */
class MmioTransportTest {
  private static final SplitRingLayout MODERN_LAYOUT = new SplitRingLayout(8, 64);
  private static final SplitRingLayout LEGACY_LAYOUT = new SplitRingLayout(8, 4096);

  private static final Duration LONG = Duration.ofSeconds(30);

  private final Map<Long, Deque<Integer>> answers = new HashMap<>();
  private final ScriptedRegisters registers =
      new ScriptedRegisters() {
        @Override
        int answer(long offset) {
          Deque<Integer> next = answers.getOrDefault(offset, new ArrayDeque<>(List.of(0)));
          return next.size() > 1 ? next.removeFirst() : next.getFirst();
        }
      };
  private final ModernMmio modern = new ModernMmio(registers);
  private final LegacyMmio legacy = new LegacyMmio(registers);

  /** One after the other, the last for ever. */
  private void answer(long offset, Integer... values) {
    answers.put(offset, new ArrayDeque<>(List.of(values)));
  }

  private MmioTransport transport(boolean isLegacy) {
    return isLegacy ? legacy : modern;
  }

  @Test
  void aModernQueueIsGivenItsSizeAndThreeAddressesBeforeItIsReady() {
    answer(0x044, 1);
    modern.enableQueue(1, MODERN_LAYOUT, 0x1_2345_6000L);
    assertEquals(
        List.of(
            "w32 0x030 0x1",
            "w32 0x038 0x8",
            "w32 0x080 0x23456000",
            "w32 0x084 0x1",
            "w32 0x090 0x23456080",
            "w32 0x094 0x1",
            "w32 0x0a0 0x234560c0",
            "w32 0x0a4 0x1",
            "w32 0x044 0x1",
            "r32 0x044"),
        registers.taken());
  }

  @Test
  @Requirement("PACKED-DRV-01")
  void aPackedQueueIsGivenTheAddressesOfItsRingAndOfBothEventAreas() {
    answer(0x044, 1);
    modern.enableQueue(0, new PackedRingLayout(5), 0x8000_0040L);
    assertEquals(
        List.of(
            "w32 0x030 0x0",
            "w32 0x038 0x5",
            "w32 0x080 0x80000040",
            "w32 0x084 0x0",
            "w32 0x090 0x800000c0",
            "w32 0x094 0x0",
            "w32 0x0a0 0x80000100",
            "w32 0x0a4 0x0",
            "w32 0x044 0x1",
            "r32 0x044"),
        registers.taken());
  }

  @Test
  void aPackedQueueIsRefusedByTheLegacyInterfaceBeforeTheDeviceSeesIt() {
    var layout = new PackedRingLayout(8);
    assertThrows(IllegalArgumentException.class, () -> legacy.enableQueue(0, layout, 0x8000_1000L));
    assertEquals(List.of(), registers.taken());
  }

  @Test
  @Requirement({"VQR-DRV-01", "MMIO-DRV-21"})
  void theResetOfAQueueIsAwaitedAndThenProved() {
    answer(0x0c0, 1, 1, 0);
    modern.resetQueue(1, LONG);
    assertEquals(
        List.of(
            "w32 0x030 0x1", "w32 0x0c0 0x1", "r32 0x0c0", "r32 0x0c0", "r32 0x0c0", "r32 0x044"),
        registers.taken());
  }

  @Test
  @Requirement("VQR-DRV-01")
  @Misbehaviour("H21")
  void aQueueThatIsStillReadyAfterItsResetWasNotReset() {
    answer(0x044, 1);
    var failure = assertThrows(VirtioException.class, () -> modern.resetQueue(1, LONG));
    assertTrue(String.valueOf(failure.getMessage()).contains("lacks the register QueueReset"));
  }

  @Test
  @Requirement("MMIO-DRV-21")
  void aQueueThatNeverConfirmsItsResetIsGivenUp() {
    answer(0x0c0, 1);
    var failure =
        assertThrows(VirtioException.class, () -> modern.resetQueue(1, Duration.ofMillis(30)));
    assertTrue(String.valueOf(failure.getMessage()).contains("within 30 ms"));
  }

  @Test
  void theLegacyInterfaceResetsNoSingleQueue() {
    assertThrows(VirtioException.class, () -> legacy.resetQueue(1, LONG));
    assertEquals(List.of(), registers.taken());
  }

  @Test
  void aLegacyQueueIsGivenItsAlignmentAndThenItsPage() {
    answer(0x040, 0x8_0001);
    legacy.enableQueue(1, LEGACY_LAYOUT, 0x8000_1000L);
    assertEquals(
        List.of(
            "w32 0x030 0x1", "w32 0x038 0x8", "w32 0x03c 0x1000", "w32 0x040 0x80001", "r32 0x040"),
        registers.taken());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 0x8000_0800L, 0x1000_0000_0000L})
  void aLegacyQueueThatNoPageNumberReachesIsRefusedBeforeTheDeviceSeesIt(long address) {
    var wrong =
        assertThrows(
            IllegalArgumentException.class, () -> legacy.enableQueue(0, LEGACY_LAYOUT, address));
    assertTrue(String.valueOf(wrong.getMessage()).contains("0x%x".formatted(address)));
    assertEquals(List.of(), registers.taken());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Misbehaviour("H08")
  void aQueueThatTheDeviceDoesNotTakeIsAnError(boolean isLegacy) {
    SplitRingLayout layout = isLegacy ? LEGACY_LAYOUT : MODERN_LAYOUT;
    var failure =
        assertThrows(
            VirtioException.class, () -> transport(isLegacy).enableQueue(0, layout, 0x8000_0000L));
    assertTrue(String.valueOf(failure.getMessage()).contains("virtqueue 0"));
  }

  @Test
  @Misbehaviour("H19")
  void modernFeaturesAreTheWordsZeroAndOneAndNoOther() {
    answer(0x010, 0x8000_0001, 0x0000_0102);
    assertEquals(0x0000_0102_8000_0001L, modern.deviceFeatures());
    modern.setDriverFeatures(0x0000_0103_8000_0002L);
    assertEquals(
        List.of(
            "w32 0x014 0x0",
            "r32 0x010",
            "w32 0x014 0x1",
            "r32 0x010",
            "w32 0x024 0x0",
            "w32 0x020 0x80000002",
            "w32 0x024 0x1",
            "w32 0x020 0x103"),
        registers.taken());
  }

  @Test
  void legacyFeaturesAreWordZeroAndBringThePageSizeWithThem() {
    answer(0x010, 0x8000_0001);
    assertEquals(0x8000_0001L, legacy.deviceFeatures());
    legacy.setDriverFeatures(0x8000_0001L);
    assertEquals(
        List.of(
            "w32 0x014 0x0",
            "r32 0x010",
            "w32 0x024 0x0",
            "w32 0x020 0x80000001",
            "w32 0x028 0x1000"),
        registers.taken());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Misbehaviour("H114")
  void interruptBitsThatNobodyDefinedAreNeitherToldNorAcknowledged(boolean isLegacy) {
    answer(0x060, 0xffff_ffff);
    MmioTransport transport = transport(isLegacy);
    assertEquals(3, transport.interruptStatus());
    transport.acknowledgeInterrupts(0xffff_ffff);
    transport.acknowledgeInterrupts(2);
    assertEquals(List.of("r32 0x060", "w32 0x064 0x3", "w32 0x064 0x2"), registers.taken());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aDoorbellIsOneWriteOfWhatTheQueueSays(boolean isLegacy) {
    transport(isLegacy).notifyQueue(0x8005_0001);
    assertEquals(List.of("w32 0x050 0x80050001"), registers.taken());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theLargestQueueSizeIsUnsignedAndOfTheChosenQueue(boolean isLegacy) {
    answer(0x034, -1);
    assertEquals(0xffff_ffffL, transport(isLegacy).queueSizeMax(1));
    assertEquals(List.of("w32 0x030 0x1", "r32 0x034"), registers.taken());
  }

  @Test
  void whetherAQueueIsInUseIsAskedOfItsOwnRegister() {
    answer(0x044, 1);
    answer(0x040, 0x80000);
    assertTrue(modern.isQueueEnabled(0));
    assertTrue(legacy.isQueueEnabled(0));
    assertEquals(
        List.of("w32 0x030 0x0", "r32 0x044", "w32 0x030 0x0", "r32 0x040"), registers.taken());
  }

  @Test
  void aModernConfigurationIsReadAgainUntilItsGenerationStays() {
    answer(0x0fc, 1, 2, 3, 3);
    answer(0x106, 10, 20);
    int value = modern.readConfig(space -> space.read16(6));
    assertEquals(20, value);
    assertEquals(
        List.of("r32 0x0fc", "r16 0x106", "r32 0x0fc", "r32 0x0fc", "r16 0x106", "r32 0x0fc"),
        registers.taken());
  }

  @Test
  void aLegacyConfigurationIsReadUntilTwoReadingsAreTheSame() {
    answer(0x106, 10, 20, 20, 20);
    int value = legacy.readConfig(space -> space.read16(6));
    assertEquals(20, value);
    assertTrue(registers.taken().stream().allMatch("r16 0x106"::equals), "no generation register");
  }

  @Test
  void fieldsAreReadInTheirOwnWidth() {
    modern.readConfig(space -> space.read8(5) + space.read16(6) + space.read32(12) + space.size());
    assertEquals(
        List.of("r32 0x0fc", "r8 0x105", "r16 0x106", "r32 0x10c", "r32 0x0fc"), registers.taken());
  }

  @Test
  @Misbehaviour("H90")
  void aConfigurationThatNeverRestsIsGivenUp() {
    Integer[] restless = new Integer[1000];
    for (int i = 0; i < restless.length; i++) {
      restless[i] = i;
    }
    answer(0x0fc, restless);
    answer(0x100, restless);
    for (boolean isLegacy : new boolean[] {false, true}) {
      var failure =
          assertThrows(
              VirtioException.class, () -> transport(isLegacy).readConfig(space -> space.read8(0)));
      assertTrue(String.valueOf(failure.getMessage()).contains("64 readings"));
    }
  }
}
