package virtionet.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.testing.DeviceSideRing;

/** A split virtqueue against a device that was written from the specification alone. */
class SplitVirtqueueTest {

  @ParameterizedTest
  @CsvSource({"false, 0", "true, 0", "false, 0xfff0", "true, 0xfff0"})
  void twoHundredThousandChainsGoThroughARingOf8InAnyOrder(boolean eventIndex, String first) {
    RingFixture ring = RingFixture.of(8, eventIndex, Integer.decode(first));
    var random = new SplittableRandom(1);
    Map<Integer, Integer> pieces = new HashMap<>();
    List<DeviceSideRing.Chain> taken = new ArrayList<>();
    int token = 0;
    int back = 0;
    while (back < 200_000) {
      int count = random.nextInt(1, 4);
      int free = ring.driver().free();
      boolean added = ring.driver().add(ring.chain(count), token);
      assertEquals(free >= count, added);
      if (added) {
        pieces.put(token++, count);
      }
      if (!added || random.nextBoolean()) {
        ring.driver().publish();
        while (ring.device().waiting() > 0) {
          taken.add(ring.device().take().orElseThrow());
        }
      }
      while (!taken.isEmpty() && (!added || random.nextInt(3) == 0)) {
        DeviceSideRing.Chain chain = taken.remove(random.nextInt(taken.size()));
        ring.device().use(chain.head(), chain.writable());
      }
      for (int got = ring.driver().poll();
          got != Virtqueue.NONE;
          got = ring.driver().poll(), back++) {
        Integer count2 = pieces.remove(got);
        assertEquals(64L * (count2 == null ? -1 : count2), ring.driver().usedLength());
        assertEquals(ring.driver().usedLength(), ring.driver().writableLength());
      }
      int held = pieces.values().stream().mapToInt(Integer::intValue).sum();
      assertEquals(8, ring.driver().free() + held, "descriptors are missing");
    }
  }

  @Test
  void aChainComesToTheDeviceAsItWasAdded() {
    RingFixture ring = RingFixture.of(8, false, 0);
    var chain =
        new DescriptorChain()
            .readable(ring.buffers(), 10)
            .readable(ring.buffers() + 100, 20)
            .writable(ring.buffers() + 200, 30);
    assertTrue(ring.driver().add(chain, 5));
    assertEquals(0, ring.device().waiting(), "not yet published");
    assertTrue(ring.driver().publish());
    DeviceSideRing.Chain got = ring.device().take().orElseThrow();
    assertEquals(
        List.of(10L, 20L, 30L),
        got.pieces().stream().map(piece -> piece.bytes().byteSize()).toList());
    assertEquals(
        List.of(false, false, true),
        got.pieces().stream().map(DeviceSideRing.Piece::writable).toList());
    ring.device().use(got.head(), 7);
    assertEquals(5, ring.driver().poll());
    assertEquals(7, ring.driver().usedLength());
    assertEquals(30, ring.driver().writableLength());
  }

  @Test
  void aFullQueueTakesNoMore() {
    RingFixture ring = RingFixture.of(4, false, 0);
    for (int i = 0; i < 4; i++) {
      assertTrue(ring.driver().add(ring.chain(1), i));
    }
    assertFalse(ring.driver().add(ring.chain(1), 4));
    assertEquals(0, ring.driver().free());
    ring.driver().publish();
    assertEquals(4, ring.driver().outstanding());
    ring.device().use(ring.device().take().orElseThrow().head(), 0);
    assertEquals(0, ring.driver().poll());
    assertTrue(ring.driver().add(ring.chain(1), 4));
  }

  @Test
  void whatCanNeverFitIsRefusedWithItsNumbers() {
    RingFixture ring = RingFixture.of(4, false, 0);
    assertThrows(IllegalArgumentException.class, () -> ring.driver().add(new DescriptorChain(), 1));
    var tooLong =
        assertThrows(IllegalArgumentException.class, () -> ring.driver().add(ring.chain(5), 1));
    assertTrue(String.valueOf(tooLong.getMessage()).contains("5 pieces"));
    assertThrows(IllegalArgumentException.class, () -> ring.driver().add(ring.chain(1), -1));
    assertEquals(4, ring.driver().free());
  }

  @Test
  void aReadablePieceAfterAWritableOneIsRefused() {
    var chain = new DescriptorChain().writable(0, 1);
    assertThrows(IllegalStateException.class, () -> chain.readable(0, 1));
  }

  @Test
  void thereIsNothingToTellOfWhenNothingWasAdded() {
    RingFixture ring = RingFixture.of(4, false, 0);
    assertFalse(ring.driver().publish());
  }

  /** The device asked for a doorbell when the index passes an entry: exactly then it gets one. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 0xfff0, 0xfffe, 0xffff})
  void withEventIdxADoorbellComesExactlyWhenTheWantedEntryIsPassed(int first) {
    for (int before = 0; before < 8; before++) {
      for (int batch = 1; batch <= 8 - before; batch++) {
        RingFixture ring = RingFixture.of(8, true, first);
        for (int i = 0; i < before; i++) {
          ring.driver().add(ring.chain(1), i);
        }
        ring.driver().publish();
        while (ring.device().waiting() > 0) {
          ring.device().take();
        }
        ring.device().enableNotifications();
        for (int i = 0; i < batch; i++) {
          ring.driver().add(ring.chain(1), before + i);
        }
        assertTrue(ring.driver().publish(), "wanted: before %d, batch %d".formatted(before, batch));
        if (before + batch < 8) {
          ring.driver().add(ring.chain(1), 9);
          assertFalse(ring.driver().publish(), "not wanted a second time");
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aDeviceThatAsksForNoDoorbellGetsNone(boolean eventIndex) {
    RingFixture ring = RingFixture.of(8, eventIndex, 0);
    ring.device().disableNotifications();
    for (int i = 0; i < 8; i++) {
      ring.driver().add(ring.chain(1), i);
      assertFalse(ring.driver().publish());
    }
  }

  @ParameterizedTest
  @CsvSource({"false, 0", "true, 0", "false, 0xffff", "true, 0xffff", "true, 0xfffe"})
  void anInterruptThatWasAskedForComesOnceAndNotBefore(boolean eventIndex, String first) {
    RingFixture ring = RingFixture.of(8, eventIndex, Integer.decode(first));
    assertFalse(ring.driver().enableInterrupts(1));
    ring.roundTrip(0);
    assertTrue(ring.device().wantsInterrupt());
    assertEquals(0, ring.driver().poll());
    ring.driver().disableInterrupts();
    ring.roundTrip(1);
    assertFalse(ring.device().wantsInterrupt());
    assertTrue(ring.driver().enableInterrupts(1), "one was used already");
    assertEquals(1, ring.driver().poll());
    assertFalse(ring.driver().enableInterrupts(1));
    ring.roundTrip(2);
    assertTrue(ring.device().wantsInterrupt());
  }

  @Test
  void withEventIdxAnInterruptCanBeAskedForAfterSeveralBuffers() {
    RingFixture ring = RingFixture.of(8, true, 0xfffd);
    assertFalse(ring.driver().enableInterrupts(3));
    ring.roundTrip(0);
    assertFalse(ring.device().wantsInterrupt());
    ring.roundTrip(1);
    assertFalse(ring.device().wantsInterrupt());
    ring.roundTrip(2);
    assertTrue(ring.device().wantsInterrupt());
  }

  @Test
  void theQueueTellsOfItselfForPeople() {
    RingFixture ring = RingFixture.of(8, false, 0);
    ring.driver().add(ring.chain(2), 0);
    assertEquals(
        "SplitVirtqueue[0: 8 descriptors, 6 free, 0 outstanding, avail 1, used 0]",
        ring.driver().toString());
  }
}
