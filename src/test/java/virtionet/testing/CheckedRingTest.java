package virtionet.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** That a driver which breaks a rule of the rings is caught by the device's side. */
class CheckedRingTest {
  private static final long BASE = 0x4000_0000L;
  private static final int SIZE = 4;
  private static final int DRIVER_AREA = 16 * SIZE;
  private static final int DEVICE_AREA = 256;
  private static final int TABLE = 512;
  private static final int BUFFER = 1024;

  private static final int NEXT = 1;
  private static final int WRITE = 2;
  private static final int INDIRECT = 4;
  private static final int OPEN = 1 << 7;
  private static final int USED = 1 << 15;

  private final MemorySegment block = Arena.ofAuto().allocate(4096, 4096);

  private SplitDeviceRing split(long features) {
    return new SplitDeviceRing(
        new DeviceView(block, BASE),
        SIZE,
        BASE,
        BASE + DRIVER_AREA,
        BASE + DEVICE_AREA,
        features,
        0);
  }

  private PackedDeviceRing packed(long features) {
    return new PackedDeviceRing(
        new DeviceView(block, BASE), SIZE, BASE, BASE + DRIVER_AREA, BASE + DEVICE_AREA, features);
  }

  /** Writes a descriptor; the last two halves are flags and next, or id and flags. */
  private void descriptor(int at, int length, int first, int second) {
    block.set(CheckedRing.U64, at, BASE + BUFFER);
    block.set(CheckedRing.U32, at + 8L, length);
    block.set(CheckedRing.U16, at + 12L, (short) first);
    block.set(CheckedRing.U16, at + 14L, (short) second);
  }

  private void indirect(int at, int bytes, int first, int second) {
    descriptor(at, bytes, first, second);
    block.set(CheckedRing.U64, at, BASE + TABLE);
  }

  /** Makes the chains with these heads available. */
  private void available(int... heads) {
    for (int i = 0; i < heads.length; i++) {
      block.set(CheckedRing.U16, DRIVER_AREA + 4 + 2L * i, (short) heads[i]);
    }
    block.set(CheckedRing.U16, DRIVER_AREA + 2L, (short) heads.length);
  }

  /** What a driver can do wrong in a split ring with these features. */
  static Stream<Arguments> splitMistakes() {
    return Stream.of(
        mistake("loop", 0, t -> t.chain(0, NEXT, 1, 1, NEXT, 0)),
        mistake("wild next", 0, t -> t.descriptor(0, 8, NEXT, SIZE)),
        mistake("readable after writable", 0, t -> t.chain(0, WRITE | NEXT, 1, 1, 0, 0)),
        mistake("empty piece", 0, t -> t.descriptor(0, 0, 0, 0)),
        mistake(
            "indirect without the feature",
            0,
            t -> {
              t.indirect(0, 16, INDIRECT, 0);
              t.descriptor(TABLE, 8, 0, 0);
            }),
        mistake(
            "indirect and next",
            ModelSettings.INDIRECT_DESC,
            t -> {
              t.indirect(0, 16, INDIRECT | NEXT, 1);
              t.descriptor(TABLE, 8, 0, 0);
            }),
        mistake(
            "indirect in a table",
            ModelSettings.INDIRECT_DESC,
            t -> {
              t.indirect(0, 16, INDIRECT, 0);
              t.indirect(TABLE, 16, INDIRECT, 0);
            }),
        mistake(
            "table of a wrong length",
            ModelSettings.INDIRECT_DESC,
            t -> {
              t.indirect(0, 24, INDIRECT, 0);
              t.descriptor(TABLE, 8, 0, 0);
            }),
        mistake(
            "table longer than the queue",
            ModelSettings.INDIRECT_DESC,
            t -> {
              t.indirect(0, 16 * (SIZE + 1), INDIRECT, 0);
              for (int i = 0; i <= SIZE; i++) {
                t.descriptor(TABLE + 16 * i, 8, i == SIZE ? 0 : NEXT, i + 1);
              }
            }),
        mistake("chain out of order", ModelSettings.IN_ORDER, t -> t.chain(0, NEXT, 2, 2, 0, 0)),
        mistake(
            "head out of order",
            ModelSettings.IN_ORDER,
            t -> {
              t.descriptor(16, 8, 0, 0);
              t.available(1);
            }),
        mistake(
            "table out of order",
            ModelSettings.INDIRECT_DESC | ModelSettings.IN_ORDER,
            t -> {
              t.indirect(0, 48, INDIRECT, 0);
              t.descriptor(TABLE, 8, NEXT, 2);
              t.descriptor(TABLE + 16, 8, 0, 0);
              t.descriptor(TABLE + 32, 8, NEXT, 1);
            }));
  }

  private static Arguments mistake(String name, long features, Consumer<CheckedRingTest> mistake) {
    return Arguments.of(Named.of(name, mistake), features);
  }

  private void chain(int first, int flags, int next, int second, int flags2, int next2) {
    descriptor(16 * first, 8, flags, next);
    descriptor(16 * second, 8, flags2, next2);
  }

  @ParameterizedTest
  @MethodSource("splitMistakes")
  void aMistakeInASplitRingIsCaught(Consumer<CheckedRingTest> mistake, long features) {
    SplitDeviceRing ring = split(features);
    available(0);
    mistake.accept(this);
    assertThrows(AssertionError.class, ring::take);
  }

  @Test
  void twoChainsThatShareADescriptorAreCaught() {
    SplitDeviceRing ring = split(0);
    chain(0, NEXT, 2, 2, 0, 0);
    descriptor(16, 8, NEXT, 2);
    available(0, 1);
    assertTrue(ring.take().isPresent());
    assertThrows(AssertionError.class, ring::take);
  }

  @Test
  void aDriverThatTouchesWhatTheDeviceHasIsCaughtInBothFormats() {
    SplitDeviceRing split = split(0);
    descriptor(0, 8, 0, 0);
    available(0);
    split.take();
    descriptor(0, 9, 0, 0);
    assertThrows(AssertionError.class, () -> split.use(0, 0));
    block.fill((byte) 0);
    PackedDeviceRing packed = packed(0);
    descriptor(0, 8, 3, OPEN);
    packed.take();
    descriptor(0, 8, 2, OPEN);
    assertThrows(AssertionError.class, () -> packed.use(3, 0));
  }

  @Test
  void aDriverThatWritesTheUsedRingIsCaught() {
    SplitDeviceRing ring = split(0);
    descriptor(0, 8, 0, 0);
    available(0);
    block.set(CheckedRing.U16, DEVICE_AREA + 2L, (short) 1);
    assertThrows(AssertionError.class, ring::take);
  }

  @Test
  void moreBuffersThanTheRingHoldsAreCaught() {
    SplitDeviceRing ring = split(0);
    block.set(CheckedRing.U16, DRIVER_AREA + 2L, (short) (SIZE + 1));
    assertThrows(AssertionError.class, ring::waiting);
  }

  @Test
  void flagsThatEventIdxForbidsAreCaught() {
    SplitDeviceRing ring = split(ModelSettings.EVENT_IDX);
    block.set(CheckedRing.U16, DRIVER_AREA, (short) 1);
    assertThrows(AssertionError.class, ring::wantsInterrupt);
  }

  /** What a driver can do wrong in a packed ring with these features. */
  static Stream<Arguments> packedMistakes() {
    return Stream.of(
        mistake(
            "second descriptor not open",
            0,
            t -> {
              t.descriptor(0, 8, 0, OPEN | NEXT);
              t.descriptor(16, 8, 0, 0);
            }),
        mistake(
            "second descriptor of another lap",
            0,
            t -> {
              t.descriptor(0, 8, 0, OPEN | NEXT);
              t.descriptor(16, 8, 0, USED);
            }),
        mistake(
            "list longer than the ring",
            0,
            t -> {
              for (int i = 0; i < SIZE; i++) {
                t.descriptor(16 * i, 8, 0, OPEN | NEXT);
              }
            }),
        mistake("id out of range", 0, t -> t.descriptor(0, 8, SIZE, OPEN)),
        mistake(
            "readable after writable",
            0,
            t -> {
              t.descriptor(0, 8, 0, OPEN | NEXT | WRITE);
              t.descriptor(16, 8, 0, OPEN);
            }),
        mistake(
            "indirect without the feature",
            0,
            t -> {
              t.indirect(0, 16, 0, OPEN | INDIRECT);
              t.descriptor(TABLE, 8, 0, 0);
            }),
        mistake(
            "indirect in a list",
            ModelSettings.INDIRECT_DESC,
            t -> {
              t.descriptor(0, 8, 0, OPEN | NEXT);
              t.indirect(16, 16, 0, OPEN | INDIRECT);
              t.descriptor(TABLE, 8, 0, 0);
            }),
        mistake(
            "next in a table",
            ModelSettings.INDIRECT_DESC,
            t -> {
              t.indirect(0, 32, 0, OPEN | INDIRECT);
              t.descriptor(TABLE, 8, 0, NEXT);
              t.descriptor(TABLE + 16, 8, 0, 0);
            }),
        mistake(
            "table longer than the queue",
            ModelSettings.INDIRECT_DESC,
            t -> {
              t.indirect(0, 16 * (SIZE + 1), 0, OPEN | INDIRECT);
              for (int i = 0; i <= SIZE; i++) {
                t.descriptor(TABLE + 16 * i, 8, 0, 0);
              }
            }));
  }

  @ParameterizedTest
  @MethodSource("packedMistakes")
  void aMistakeInAPackedRingIsCaught(Consumer<CheckedRingTest> mistake, long features) {
    PackedDeviceRing ring = packed(features);
    mistake.accept(this);
    assertThrows(AssertionError.class, ring::take);
  }

  @Test
  void anIdThatIsGivenTwiceIsCaught() {
    PackedDeviceRing ring = packed(0);
    descriptor(0, 8, 2, OPEN);
    descriptor(16, 8, 2, OPEN);
    assertEquals(2, ring.waiting());
    assertTrue(ring.take().isPresent());
    assertThrows(AssertionError.class, ring::take);
  }

  @Test
  void aRingThatIsNotZeroedIsCaught() {
    descriptor(32, 8, 0, 0);
    assertThrows(AssertionError.class, () -> packed(0));
  }

  @Test
  void eventsThatTheDriverMayNotAskForAreCaught() {
    PackedDeviceRing ring = packed(0);
    block.set(CheckedRing.U32, DRIVER_AREA, 2 << 16);
    assertThrows(AssertionError.class, ring::wantsInterrupt);
    PackedDeviceRing withEventIndex = packed(ModelSettings.EVENT_IDX);
    assertEquals(false, withEventIndex.wantsInterrupt());
    for (int wrong : new int[] {3 << 16, 4 << 16, 2 << 16 | SIZE}) {
      block.set(CheckedRing.U32, DRIVER_AREA, wrong);
      assertThrows(AssertionError.class, withEventIndex::wantsInterrupt);
    }
  }

  @Test
  void aDoorbellThatTellsTheWrongPlaceIsCaught() {
    descriptor(0, 8, 0, 0);
    available(0);
    assertThrows(AssertionError.class, () -> split(0).checkNotification(1 << 16));
    assertThrows(
        AssertionError.class,
        () -> split(ModelSettings.NOTIFICATION_DATA).checkNotification(2 << 16));
    block.fill((byte) 0);
    PackedDeviceRing packed = packed(ModelSettings.NOTIFICATION_DATA);
    descriptor(0, 8, 0, OPEN);
    packed.checkNotification(0x8001_0000);
    assertThrows(AssertionError.class, () -> packed.checkNotification(0x0001_0000));
  }
}
