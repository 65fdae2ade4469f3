package virtionet.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.virtio.RingViolation.Kind;

/** What a device may write into a split virtqueue to harm the driver, and that it does not. */
class HostileRingTest {

  private static RingFixture withOutstanding(int count) {
    RingFixture ring = RingFixture.of(8, false, 0);
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
  @ValueSource(ints = {8, 9, 0xffff, 0x10000, 0x10008, Integer.MAX_VALUE, Integer.MIN_VALUE, -1})
  void aUsedIdOutOfRangeBreaksTheQueue(int id) {
    RingFixture ring = withOutstanding(2);
    ring.device().rawUse(id, 1);
    assertBroken(ring, Kind.ID_OUT_OF_RANGE);
  }

  @Test
  void aUsedIdThatWasNeverGivenBreaksTheQueue() {
    RingFixture ring = withOutstanding(2);
    ring.device().rawUse(7, 1);
    assertBroken(ring, Kind.ID_NOT_OUTSTANDING);
  }

  @Test
  void aUsedIdInTheMiddleOfAChainBreaksTheQueue() {
    RingFixture ring = withOutstanding(2);
    int head = ring.device().take().orElseThrow().head();
    ring.device().rawUse(head + 1, 1);
    assertBroken(ring, Kind.ID_NOT_OUTSTANDING);
  }

  @Test
  void aBufferThatComesBackTwiceBreaksTheQueue() {
    RingFixture ring = withOutstanding(2);
    int head = ring.device().take().orElseThrow().head();
    ring.device().rawUse(head, 1);
    ring.device().rawUse(head, 1);
    assertEquals(0, ring.driver().poll());
    assertBroken(ring, Kind.ID_NOT_OUTSTANDING);
  }

  @Test
  void aBufferThatWasAddedButNotPublishedMustNotComeBack() {
    RingFixture ring = withOutstanding(1);
    ring.driver().add(ring.chain(1), 5);
    ring.device().rawUse(2, 1);
    assertBroken(ring, Kind.ID_NOT_OUTSTANDING);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 8, 100, 0x7fff, 0x8000, 0xffff})
  void aUsedIndexBeyondWhatIsOutstandingBreaksTheQueue(int index) {
    RingFixture ring = withOutstanding(2);
    ring.device().rawUsedIndex(index);
    assertBroken(ring, Kind.USED_INDEX_JUMP);
  }

  @Test
  void aUsedIndexThatGoesBackBreaksTheQueue() {
    RingFixture ring = withOutstanding(2);
    ring.device().rawUse(ring.device().take().orElseThrow().head(), 1);
    assertEquals(0, ring.driver().poll());
    ring.device().rawUsedIndex(0);
    assertBroken(ring, Kind.USED_INDEX_JUMP);
  }

  @Test
  void theDescriptorTableIsNeverReadBack() {
    RingFixture ring = withOutstanding(4);
    var random = new SplittableRandom(3);
    MemorySegment table = ring.device().descriptors();
    assertEquals(8 * 16, table.byteSize());
    for (long offset = 0; offset < table.byteSize(); offset++) {
      table.set(ValueLayout.JAVA_BYTE, offset, (byte) random.nextInt());
    }
    for (int head : new int[] {0, 2, 4, 6}) {
      ring.device().rawUse(head, 1);
    }
    for (int token = 0; token < 4; token++) {
      assertEquals(token, ring.driver().poll());
    }
    assertEquals(8, ring.driver().free());
  }

  @Test
  void aDeviceThatWritesAtRandomNeverGetsMoreThanAViolation() {
    for (int seed = 0; seed < 2_000; seed++) {
      var random = new SplittableRandom(seed);
      RingFixture ring = RingFixture.of(8, random.nextBoolean(), random.nextInt(0x10000));
      int held = 0;
      try {
        for (int step = 0; step < 50; step++) {
          if (ring.driver().add(ring.chain(1), step)) {
            held++;
          }
          ring.driver().publish();
          if (random.nextInt(4) == 0) {
            ring.device().rawUse(random.nextInt(-2, 10), random.nextInt());
          }
          if (random.nextInt(20) == 0) {
            ring.device().rawUsedIndex(random.nextInt(0x10000));
          }
          while (ring.driver().poll() != Virtqueue.NONE) {
            held--;
          }
        }
      } catch (RingViolation expected) {
        assertTrue(ring.driver().toString().contains("broken"));
      }
      assertEquals(8 - held, ring.driver().free(), "seed " + seed);
    }
  }
}
