package virtionet.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.testing.DeviceSideRing.Chain;
import virtionet.testing.Misbehaviour;
import virtionet.testing.PackedDeviceRing;
import virtionet.testing.Requirement;
import virtionet.testing.SplitDeviceRing;
import virtionet.virtio.RingViolation.Kind;

/** What a device may write into a virtqueue to harm the driver, and that it does not. */
class HostileRingTest {
  private static final String KINDS = "virtionet.virtio.RingFixture#kinds";
  private static final int DESCRIPTOR_F_NEXT = 1;

  static Stream<Arguments> kindsAndWildIds() {
    return RingFixture.kinds().stream()
        .flatMap(
            kind ->
                // The id of a packed ring has 16 bits: no more can be said in it.
                (kind.packed()
                        ? IntStream.of(8, 9, 0x7fff, 0x8000, 0xffff)
                        : IntStream.of(
                            8, 9, 0xffff, 0x10000, 0x10001, 0x7fff_ffff, 0x8000_0000, -1))
                    .mapToObj(id -> Arguments.of(kind, id)));
  }

  private static RingFixture withOutstanding(RingFeatures kind, int count) {
    RingFixture ring = RingFixture.of(kind, 8);
    for (int i = 0; i < count; i++) {
      ring.driver().add(ring.chain(2), i);
    }
    ring.driver().publish();
    return ring;
  }

  private static void assertBroken(RingFixture ring, Kind kind) {
    int free = ring.driver().free();
    var violation = assertThrows(RingViolation.class, ring.driver()::poll);
    assertEquals(kind, violation.kind());
    assertEquals(0, violation.queue());
    // Nothing that the device said was acted on, and nothing more is taken from it.
    assertEquals(free, ring.driver().free());
    assertSame(violation, assertThrows(RingViolation.class, ring.driver()::poll));
    assertSame(violation, assertThrows(RingViolation.class, ring.driver()::publish));
    assertSame(
        violation, assertThrows(RingViolation.class, () -> ring.driver().add(ring.chain(1), 1)));
    assertSame(
        violation, assertThrows(RingViolation.class, () -> ring.driver().enableInterrupts(1)));
    assertTrue(ring.driver().toString().contains("broken: " + kind));
  }

  @ParameterizedTest
  @MethodSource("kindsAndWildIds")
  @Requirement("SPLIT-IMP-05")
  @Misbehaviour({"H40", "H41", "H60"})
  void aUsedIdOutOfRangeBreaksTheQueue(RingFeatures kind, int id) {
    RingFixture ring = withOutstanding(kind, 2);
    ring.device().rawUse(id, 1);
    assertBroken(ring, Kind.ID_OUT_OF_RANGE);
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  @Requirement("SPLIT-IMP-05")
  @Misbehaviour({"H42", "H60"})
  void aUsedIdThatWasNeverGivenBreaksTheQueue(RingFeatures kind) {
    RingFixture ring = withOutstanding(kind, 2);
    ring.device().rawUse(7, 1);
    assertBroken(ring, Kind.ID_NOT_OUTSTANDING);
  }

  @Test
  @Requirement("SPLIT-IMP-05")
  @Misbehaviour("H43")
  void aUsedIdInTheMiddleOfAChainBreaksTheQueue() {
    RingFixture ring = withOutstanding(RingFixture.SPLIT, 2);
    int head = ring.device().take().orElseThrow().head();
    ring.device().rawUse(head + 1, 1);
    assertBroken(ring, Kind.ID_NOT_OUTSTANDING);
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  @Requirement("SPLIT-IMP-05")
  @Misbehaviour({"H42", "H60"})
  void aBufferThatComesBackTwiceBreaksTheQueue(RingFeatures kind) {
    RingFixture ring = withOutstanding(kind, 2);
    int head = ring.device().take().orElseThrow().head();
    ring.device().rawUse(head, 1);
    ring.device().rawUse(head, 1);
    assertEquals(0, ring.driver().poll());
    assertBroken(ring, Kind.ID_NOT_OUTSTANDING);
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  @Misbehaviour({"H42", "H60"})
  void whatCameBackBeforeABadEntryIsTakenAndTheNextCallThrows(RingFeatures kind) {
    RingFixture ring = withOutstanding(kind, 3);
    List<Chain> taken = ring.takeAll();
    ring.device().rawUse(taken.getFirst().head(), 17);
    ring.device().rawUse(taken.getFirst().head(), 1);
    ring.device().rawUse(taken.get(1).head(), 1);
    int[] tokens = new int[4];
    long[] used = new long[4];
    assertEquals(1, ring.driver().poll(tokens, used, 4));
    assertEquals(0, tokens[0]);
    assertEquals(17, used[0]);
    RingViolation violation =
        assertThrows(RingViolation.class, () -> ring.driver().poll(tokens, used, 4));
    assertEquals(Kind.ID_NOT_OUTSTANDING, violation.kind());
    assertSame(violation, assertThrows(RingViolation.class, ring.driver()::throwIfBroken));
    assertEquals(2, ring.driver().outstanding());
    assertEquals(8 - 2 * ring.span(2), ring.driver().free());
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  @Misbehaviour({"H42", "H60"})
  void aBufferThatWasAddedButNotPublishedMustNotComeBack(RingFeatures kind) {
    RingFixture ring = withOutstanding(kind, 1);
    int first = ring.device().take().orElseThrow().head();
    ring.driver().add(ring.chain(1), 5);
    int second = kind.packed() || kind.indirect() ? first + 1 : first + 2;
    ring.device().rawUse(second, 1);
    assertBroken(ring, Kind.ID_NOT_OUTSTANDING);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 8, 100, 0x7fff, 0x8000, 0xffff})
  @Misbehaviour("H44")
  void aUsedIndexBeyondWhatIsOutstandingBreaksTheQueue(int index) {
    RingFixture ring = withOutstanding(RingFixture.SPLIT, 2);
    split(ring).rawUsedIndex(index);
    assertBroken(ring, Kind.USED_INDEX_JUMP);
  }

  @Test
  @Misbehaviour("H45")
  void aUsedIndexThatGoesBackBreaksTheQueue() {
    RingFixture ring = withOutstanding(RingFixture.SPLIT, 2);
    ring.device().rawUse(ring.device().take().orElseThrow().head(), 1);
    assertEquals(0, ring.driver().poll());
    split(ring).rawUsedIndex(0);
    assertBroken(ring, Kind.USED_INDEX_JUMP);
  }

  @Test
  void aBatchInOrderBeyondTheUsedIndexBreaksTheQueue() {
    RingFixture ring = withOutstanding(new RingFeatures(false, false, false, true, false), 4);
    List<Chain> taken = ring.takeAll();
    ring.device().rawUse(taken.get(2).head(), 1);
    assertBroken(ring, Kind.BATCH_TOO_LONG);
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  @Misbehaviour("H50")
  void theRingIsNeverReadBack(RingFeatures kind) {
    RingFixture ring = RingFixture.of(kind, 8);
    ring.give(0, 8);
    List<Chain> taken = ring.takeAll();
    var random = new SplittableRandom(3);
    MemorySegment descriptors = ring.device().descriptors();
    assertEquals(8 * 16, descriptors.byteSize());
    for (long offset = 0; offset < descriptors.byteSize(); offset++) {
      descriptors.set(ValueLayout.JAVA_BYTE, offset, (byte) random.nextInt());
    }
    // One by one: past the slot that the device has used, what lies in a packed ring looks used.
    for (int token = 0; token < 8; token++) {
      ring.device().rawUse(taken.get(token).head(), 1);
      assertEquals(token, ring.driver().poll());
      assertEquals(1, ring.driver().usedLength());
      assertEquals(64, ring.driver().writableLength());
    }
    assertEquals(8, ring.driver().free());
  }

  @ParameterizedTest
  @ValueSource(ints = {0x0000, 0x0080, 0x7f7f, 0xff7f})
  @Requirement("PACKED-IMP-02")
  @Misbehaviour("H61")
  void aPackedDescriptorWhoseBitsAreNotBothTheWrapCounterIsNotUsed(int flags) {
    RingFixture ring = withOutstanding(RingFixture.PACKED, 2);
    ((PackedDeviceRing) ring.device()).rawFlags(flags);
    assertEquals(Virtqueue.NONE, ring.driver().poll());
    assertEquals(2, ring.driver().outstanding());
  }

  @Test
  @Requirement({"PACKED-IMP-03", "PACKED-IMP-06"})
  @Misbehaviour("H64")
  void ofAUsedPackedDescriptorALengthWithoutWriteAndNextSayNothing() {
    RingFixture ring = RingFixture.of(RingFixture.PACKED, 8);
    for (int i = 0; i < 2; i++) {
      ring.driver().add(new DescriptorChain().readable(ring.buffers(), 64), i);
    }
    ring.driver().publish();
    var device = (PackedDeviceRing) ring.device();
    List<Chain> taken = ring.takeAll();
    device.rawUse(taken.get(1).head(), -1, DESCRIPTOR_F_NEXT);
    device.rawUse(taken.get(0).head(), -1, 0);
    assertEquals(1, ring.driver().poll());
    assertEquals(0, ring.driver().usedLength());
    assertEquals(0, ring.driver().poll());
    assertEquals(0, ring.driver().usedLength());
  }

  @Test
  void aLengthWithoutWriteCountsForABufferThatCanBeWrittenAsQemuHasIt() {
    RingFixture ring = withOutstanding(RingFixture.PACKED, 1);
    var device = (PackedDeviceRing) ring.device();
    device.rawUse(device.take().orElseThrow().head(), 100, 0);
    assertEquals(0, ring.driver().poll());
    assertEquals(100, ring.driver().usedLength());
  }

  @ParameterizedTest
  @ValueSource(ints = {0x0000, 0xfffe})
  @Requirement({"SPLIT-DRV-20", "SPLIT-IMP-07", "SPLIT-DRV-22"})
  @Misbehaviour("H52")
  void withoutEventIdxOnlyTheLowestBitOfUsedFlagsDecidesOnADoorbell(int flags) {
    for (int event : new int[] {0, 5, 0x7fff, 0xffff}) {
      RingFixture ring = RingFixture.of(RingFixture.SPLIT, 8);
      split(ring).rawNotificationHints(flags, event);
      assertTrue(ring.give(0, 1));
      split(ring).rawNotificationHints(flags | 1, event);
      assertEquals(false, ring.give(1, 1));
    }
  }

  @Test
  @Requirement("SPLIT-DRV-23")
  void withEventIdxUsedFlagsDoNotDecideOnADoorbell() {
    RingFixture ring = RingFixture.of(RingFixture.withEventIndex(RingFixture.SPLIT), 8);
    split(ring).rawNotificationHints(1, 0);
    assertTrue(ring.give(0, 1));
    split(ring).rawNotificationHints(0, 0);
    assertEquals(false, ring.give(1, 1));
  }

  /** flags 3; a descriptor beyond the ring; a descriptor without EVENT_IDX. */
  @ParameterizedTest
  @MethodSource("nonsenseEvents")
  @Requirement("PACKED-IMP-09")
  @Misbehaviour("H63")
  void aPackedEventThatMeansNothingRingsTheDoorbell(boolean eventIndex, int flags, int event) {
    RingFixture ring = RingFixture.of(new RingFeatures(true, eventIndex, false, false, false), 8);
    ((PackedDeviceRing) ring.device()).rawNotificationHints(flags, event);
    assertTrue(ring.give(0, 1));
    assertTrue(ring.give(1, 1));
  }

  static Stream<Arguments> nonsenseEvents() {
    return Stream.of(
        Arguments.of(false, 3, 0),
        Arguments.of(true, 3, 0),
        Arguments.of(true, 2, 0x8008),
        Arguments.of(true, 2, 0x7fff),
        Arguments.of(false, 2, 0x8000),
        Arguments.of(false, 0xfffe, 0x8000),
        Arguments.of(true, 0xfffc, 0x8000));
  }

  private static SplitDeviceRing split(RingFixture ring) {
    return (SplitDeviceRing) ring.device();
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  void aDeviceThatWritesAtRandomNeverGetsMoreThanAViolation(RingFeatures kind) {
    int broken = 0;
    for (int seed = 0; seed < 1_000; seed++) {
      var random = new SplittableRandom(seed);
      RingFixture ring = RingFixture.of(kind, 8, random.nextInt(0x10000));
      int held = 0;
      try {
        for (int step = 0; step < 50; step++) {
          if (ring.driver().add(ring.chain(1), step)) {
            held++;
          }
          ring.driver().publish();
          switch (random.nextInt(20)) {
            case 0, 1, 2, 3 -> ring.device().rawUse(random.nextInt(-2, 10), random.nextInt());
            case 4 -> scribble(ring, random);
            default -> {}
          }
          while (ring.driver().poll() != Virtqueue.NONE) {
            held--;
          }
          ring.driver().enableInterrupts(random.nextInt(10));
        }
      } catch (RingViolation expected) {
        broken++;
        assertTrue(ring.driver().toString().contains("broken"));
      }
      assertEquals(8 - held, ring.driver().free(), "seed " + seed);
    }
    assertTrue(
        broken > 100, broken + " of 1000 runs broke the ring: is the device hostile at all?");
  }

  private static void scribble(RingFixture ring, SplittableRandom random) {
    if (ring.features().packed()) {
      MemorySegment all = ring.device().descriptors();
      all.set(ValueLayout.JAVA_BYTE, random.nextLong(all.byteSize()), (byte) random.nextInt());
    } else {
      split(ring).rawUsedIndex(random.nextInt(0x10000));
    }
  }
}
