package virtionet.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.testing.DeviceSideRing;
import virtionet.testing.Requirement;

/** A virtqueue of each kind against a device that was written from the specification alone. */
class VirtqueueTest {
  private static final String KINDS = "virtionet.virtio.RingFixture#kinds";
  private static final String FORMATS = "virtionet.virtio.RingFixture#formats";

  /** With rings in which nothing happened yet, and such as are about to wrap. */
  static Stream<Arguments> kindsAndPasts() {
    return RingFixture.kinds().stream()
        .flatMap(kind -> Stream.of(0, 0xfff0, 0xffff).map(before -> Arguments.of(kind, before)));
  }

  static Stream<Arguments> formatsAndPasts() {
    return RingFixture.formats()
        .flatMap(kind -> Stream.of(0, 0xfffe, 0xffff).map(before -> Arguments.of(kind, before)));
  }

  @ParameterizedTest
  @MethodSource("kindsAndPasts")
  @Requirement({
    "SPLIT-DRV-02",
    "SPLIT-DRV-05",
    "SPLIT-DRV-06",
    "SPLIT-DRV-07",
    "SPLIT-DRV-08",
    "SPLIT-DRV-09",
    "SPLIT-DRV-10",
    "SPLIT-DRV-11",
    "SPLIT-IMP-02",
    "SPLIT-IMP-03",
    "SPLIT-IMP-06",
    "SPLIT-IMP-08",
    "SPLIT-IMP-09",
    "PACKED-IMP-01",
    "PACKED-IMP-02",
    "PACKED-IMP-04",
    "PACKED-IMP-05",
    "PACKED-IMP-07",
    "PACKED-IMP-12",
    "PACKED-DRV-02",
    "PACKED-DRV-03",
    "PACKED-DRV-08",
    "PACKED-DRV-12",
    "PACKED-DRV-13",
    "PACKED-DRV-15"
  })
  void aHundredThousandChainsGoThroughARingOf8(RingFeatures kind, int before) {
    RingFixture ring = RingFixture.of(kind, 8, before);
    var random = new SplittableRandom(1);
    Map<Integer, Integer> pieces = new LinkedHashMap<>();
    List<DeviceSideRing.Chain> taken = new ArrayList<>();
    int token = 0;
    int back = 0;
    for (int turn = 0; back < 100_000; turn++) {
      assertTrue(turn < 1_000_000, "the ring has come to a halt");
      int count = random.nextInt(1, 7);
      int free = ring.driver().free();
      boolean added = ring.driver().add(ring.chain(count), token);
      assertEquals(free >= ring.span(count), added);
      if (added) {
        pieces.put(token++, count);
      }
      if (!added || random.nextBoolean()) {
        ring.driver().publish();
        taken.addAll(ring.takeAll());
      }
      while (!taken.isEmpty() && (!added || random.nextInt(3) == 0)) {
        useSome(ring, taken, random);
      }
      for (int got; (got = ring.driver().poll()) != Virtqueue.NONE; back++) {
        if (kind.inOrder()) {
          assertEquals(pieces.keySet().iterator().next(), got, "out of order");
        }
        Integer had = pieces.remove(got);
        assertEquals(64L * (had == null ? -1 : had), ring.driver().usedLength());
        assertEquals(ring.driver().usedLength(), ring.driver().writableLength());
      }
      int held = pieces.values().stream().mapToInt(ring::span).sum();
      assertEquals(8, ring.driver().free() + held, "descriptors are missing");
    }
  }

  @ParameterizedTest
  @MethodSource("kindsAndPasts")
  void manyAtOnceGoThroughARingOf8AsOneByOne(RingFeatures kind, int before) {
    RingFixture ring = RingFixture.of(kind, 8, before);
    var random = new SplittableRandom(2);
    Map<Integer, Integer> lengths = new LinkedHashMap<>();
    List<DeviceSideRing.Chain> taken = new ArrayList<>();
    long[] addresses = new long[9];
    int[] bytes = new int[9];
    int[] tokens = new int[9];
    long[] used = new long[9];
    int token = 0;
    for (int turn = 0; turn < 50_000; turn++) {
      int wanted = random.nextInt(10);
      for (int i = 0; i < wanted; i++) {
        addresses[i] = ring.buffers() + 64L * i;
        bytes[i] = random.nextInt(1, 65);
        tokens[i] = token + i;
      }
      int free = ring.driver().free();
      int added = ring.driver().add(addresses, bytes, tokens, wanted, true);
      assertEquals(Math.min(wanted, free), added);
      for (int i = 0; i < added; i++) {
        lengths.put(token++, bytes[i]);
      }
      // A chain now and then: in a packed ring nobody knows where the next buffer comes back then.
      if (random.nextInt(8) == 0 && ring.driver().add(ring.chain(2), token)) {
        lengths.put(token++, 128);
      }
      ring.driver().publish();
      taken.addAll(ring.takeAll());
      for (int i = random.nextInt(5); i > 0 && !taken.isEmpty(); i--) {
        useSome(ring, taken, random);
      }
      int most = random.nextInt(10);
      int back = ring.driver().poll(tokens, used, most);
      assertTrue(back == most || (back < most && !ring.driver().hasUsed()), "too few");
      for (int i = 0; i < back; i++) {
        if (kind.inOrder()) {
          assertEquals(lengths.keySet().iterator().next(), tokens[i], "out of order");
        }
        Integer had = lengths.remove(tokens[i]);
        assertEquals((long) (had == null ? -1 : had), used[i]);
      }
    }
    assertTrue(token > 50_000, "the ring has come to a halt");
  }

  /** With IN_ORDER the oldest ones, with one entry for all of them; else any one. */
  private static void useSome(
      RingFixture ring, List<DeviceSideRing.Chain> taken, SplittableRandom random) {
    if (ring.features().inOrder()) {
      List<DeviceSideRing.Chain> batch = taken.subList(0, random.nextInt(taken.size()) + 1);
      ring.device().useBatch(batch, batch.getLast().writable());
      batch.clear();
    } else {
      DeviceSideRing.Chain chain = taken.remove(random.nextInt(taken.size()));
      ring.device().use(chain.head(), chain.writable());
    }
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  @Requirement({"SPLIT-PRO-01", "PACKED-PRO-01", "PACKED-DRV-09", "PACKED-DRV-11"})
  void chainsComeToTheDeviceAsTheyWereAddedAndAllAtOnce(RingFeatures kind) {
    RingFixture ring = RingFixture.of(kind, 8, 7);
    for (int i = 0; i < 2; i++) {
      var chain =
          new DescriptorChain()
              .readable(ring.buffers(), 10 + i)
              .readable(ring.buffers() + 100, 20)
              .writable(ring.buffers() + 200, 30);
      assertTrue(ring.driver().add(chain, 5 + i));
      assertEquals(0, ring.device().waiting(), "not yet published");
    }
    ring.driver().publish();
    assertEquals(2, ring.device().waiting());
    for (int i = 0; i < 2; i++) {
      DeviceSideRing.Chain got = ring.device().take().orElseThrow();
      assertEquals(
          List.of(10L + i, 20L, 30L),
          got.pieces().stream().map(piece -> piece.bytes().byteSize()).toList());
      assertEquals(
          List.of(false, false, true),
          got.pieces().stream().map(DeviceSideRing.Piece::writable).toList());
      ring.device().use(got.head(), 7);
      assertEquals(5 + i, ring.driver().poll());
      assertEquals(7, ring.driver().usedLength());
      assertEquals(30, ring.driver().writableLength());
    }
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  void eachChainThroughATableTakesOneDescriptorAndALongerOneItsOwn(RingFeatures kind) {
    RingFixture ring = RingFixture.of(kind, 16);
    int[] lengths = {1, 2, RingFixture.TABLE, RingFixture.TABLE + 1};
    int used = 0;
    for (int token = 0; token < lengths.length; token++) {
      assertTrue(ring.driver().add(ring.chain(lengths[token]), token));
      used += kind.indirect() && lengths[token] <= RingFixture.TABLE ? 1 : lengths[token];
      assertEquals(16 - used, ring.driver().free());
    }
    ring.driver().publish();
    for (int token = 0; token < lengths.length; token++) {
      DeviceSideRing.Chain chain = ring.device().take().orElseThrow();
      assertEquals(lengths[token], chain.pieces().size());
      ring.device().use(chain.head(), chain.writable());
      assertEquals(token, ring.driver().poll());
    }
    assertEquals(16, ring.driver().free());
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  @Requirement({"PACKED-DRV-07", "PACKED-DRV-10", "SPLIT-IMP-08"})
  void aFullQueueTakesNoMoreAndNoneByHalves(RingFeatures kind) {
    RingFixture ring = RingFixture.of(kind, 4);
    for (int i = 0; i < 3; i++) {
      assertTrue(ring.driver().add(ring.chain(1), i));
    }
    assertEquals(kind.indirect(), ring.driver().add(ring.chain(2), 3), "two pieces, room for one");
    assertEquals(!kind.indirect(), ring.driver().add(ring.chain(1), 4), "one piece");
    assertEquals(0, ring.driver().free());
    assertFalse(ring.driver().add(ring.chain(1), 5));
    ring.driver().publish();
    assertEquals(4, ring.driver().outstanding());
    assertEquals(4, ring.device().waiting());
    ring.device().use(ring.device().take().orElseThrow().head(), 0);
    assertEquals(0, ring.driver().poll());
    assertTrue(ring.driver().add(ring.chain(1), 4));
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  @Requirement({"SPLIT-DRV-04", "SPLIT-DRV-08", "PACKED-DRV-06", "PACKED-DRV-07", "PACKED-DRV-14"})
  void whatCanNeverFitIsRefusedWithItsNumbers(RingFeatures kind) {
    RingFixture ring = RingFixture.of(kind, 4);
    assertThrows(IllegalArgumentException.class, () -> ring.driver().add(new DescriptorChain(), 1));
    var tooLong =
        assertThrows(IllegalArgumentException.class, () -> ring.driver().add(ring.chain(5), 1));
    assertTrue(String.valueOf(tooLong.getMessage()).contains("5 pieces"));
    var huge = new DescriptorChain().writable(0, Integer.MAX_VALUE).writable(0, Integer.MAX_VALUE);
    huge.writable(0, 2);
    assertThrows(IllegalArgumentException.class, () -> ring.driver().add(huge, 1));
    assertThrows(IllegalArgumentException.class, () -> ring.driver().add(ring.chain(1), -1));
    assertEquals(4, ring.driver().free());
  }

  @Test
  void aReadablePieceAfterAWritableOneIsRefused() {
    var chain = new DescriptorChain().writable(0, 1);
    assertThrows(IllegalStateException.class, () -> chain.readable(0, 1));
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  void thereIsNothingToTellOfWhenNothingWasAdded(RingFeatures kind) {
    assertFalse(RingFixture.of(kind, 4).driver().publish());
  }

  /** The device asked for a doorbell when a buffer is passed: exactly then it gets one. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 0xfff0, 0xfffe, 0xffff})
  @Requirement({"SPLIT-DRV-24", "SPLIT-DRV-25", "PACKED-IMP-09"})
  void withEventIdxADoorbellComesExactlyWhenTheWantedBufferIsPassed(int past) {
    for (RingFeatures kind : List.of(RingFixture.SPLIT, RingFixture.PACKED)) {
      for (int before = 0; before < 8; before++) {
        for (int batch = 1; batch <= 8 - before; batch++) {
          RingFixture ring = RingFixture.of(RingFixture.withEventIndex(kind), 8, past);
          ring.give(0, before);
          ring.takeAll();
          ring.device().enableNotifications();
          assertTrue(
              ring.give(before, batch), "%d before, %d now, %s".formatted(before, batch, kind));
          if (before + batch < 8) {
            assertFalse(ring.give(9, 1), "not wanted a second time");
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource(FORMATS)
  @Requirement({"SPLIT-DRV-21", "SPLIT-DRV-25", "PACKED-IMP-09"})
  void aDeviceThatAsksForNoDoorbellGetsNone(RingFeatures kind) {
    RingFixture ring = RingFixture.of(kind, 8);
    ring.device().disableNotifications();
    for (int i = 0; i < 8; i++) {
      assertFalse(ring.give(i, 1));
    }
  }

  @ParameterizedTest
  @MethodSource(FORMATS)
  @Requirement({"SPLIT-DRV-22", "PACKED-IMP-09"})
  void aDeviceThatAsksForDoorbellsGetsOneForEachBatch(RingFeatures kind) {
    RingFixture ring = RingFixture.of(kind, 8);
    for (int i = 0; i < 4; i++) {
      ring.takeAll();
      ring.device().enableNotifications();
      assertTrue(ring.give(2 * i, 2));
    }
  }

  @ParameterizedTest
  @MethodSource("formatsAndPasts")
  @Requirement({
    "SPLIT-DRV-12",
    "SPLIT-DRV-13",
    "SPLIT-DRV-14",
    "SPLIT-PRO-03",
    "SPLIT-IMP-10",
    "PACKED-IMP-08",
    "PACKED-PRO-02"
  })
  void anInterruptThatWasAskedForComesOnceAndNotBefore(RingFeatures kind, int before) {
    RingFixture ring = RingFixture.of(kind, 8, before);
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

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Requirement({"SPLIT-DRV-15", "PACKED-IMP-08"})
  void withEventIdxAnInterruptCanBeAskedForAfterSeveralBuffers(boolean packed) {
    for (int before = 0xfff5; before <= 0xffff; before++) {
      RingFixture ring =
          RingFixture.of(new RingFeatures(packed, true, false, false, false), 8, before);
      assertFalse(ring.driver().enableInterrupts(3));
      ring.roundTrip(0);
      assertFalse(ring.device().wantsInterrupt());
      ring.roundTrip(1);
      assertFalse(ring.device().wantsInterrupt());
      ring.roundTrip(2);
      assertTrue(ring.device().wantsInterrupt());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anInterruptAfterSeveralLongChainsComesWithTheOneThatWasMeant(boolean packed) {
    var kind = new RingFeatures(packed, true, false, false, false);
    RingFixture ring = RingFixture.of(kind, 32, 29);
    for (int i = 0; i < 8; i++) {
      ring.driver().add(ring.chain(4), i);
    }
    ring.driver().publish();
    List<DeviceSideRing.Chain> taken = ring.takeAll();
    assertFalse(ring.driver().enableInterrupts(6));
    for (int i = 0; i < 8; i++) {
      ring.device().use(taken.get(i).head(), 1);
      assertEquals(i == 5, ring.device().wantsInterrupt(), "buffer " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Requirement({"SPLIT-IMP-06", "PACKED-IMP-07"})
  void whatADeviceInOrderSkipsCountsAsUsedCompletely(boolean packed) {
    RingFixture ring = RingFixture.of(new RingFeatures(packed, false, false, true, false), 8, 6);
    ring.give(10, 5);
    List<DeviceSideRing.Chain> taken = ring.takeAll();
    ring.device().useBatch(taken.subList(0, 3), 20);
    for (int i = 0; i < 3; i++) {
      assertTrue(ring.driver().hasUsed());
      assertEquals(10 + i, ring.driver().poll());
      assertEquals(i == 2 ? 20 : 64, ring.driver().usedLength(), "buffer " + i);
      // What comes back can be given again before the rest of the batch is looked at.
      ring.give(20 + i, 1);
    }
    assertEquals(Virtqueue.NONE, ring.driver().poll());
    assertEquals(5, ring.driver().outstanding());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Requirement({"NOTIF-IMP-02", "PACKED-DRV-04"})
  void aDoorbellWithNotificationDataSaysHowFarTheRingIsFilled(boolean packed) {
    RingFixture ring = RingFixture.of(new RingFeatures(packed, true, false, false, true), 4);
    for (int i = 0; i < 20; i++) {
      ring.driver().add(ring.chain(1 + i % 2), i);
      int before = ring.driver().notification();
      ring.device().checkNotification(before);
      ring.driver().publish();
      ring.device().checkNotification(ring.driver().notification());
      assertTrue(before != ring.driver().notification());
      ring.device().use(ring.device().take().orElseThrow().head(), 1);
      ring.driver().poll();
    }
  }

  @ParameterizedTest
  @MethodSource(FORMATS)
  @Requirement("NOTIF-IMP-01")
  void aDoorbellWithoutItIsTheQueuesIndex(RingFeatures kind) {
    RingFixture ring = RingFixture.of(kind, 8, 5);
    ring.give(0, 3);
    assertEquals(0, ring.driver().notification());
  }

  @ParameterizedTest
  @MethodSource(KINDS)
  @Requirement("VQR-DRV-03")
  void afterItsResetAQueueStartsFromNothing(RingFeatures kind) {
    RingFixture ring = RingFixture.of(kind, 8);
    ring.give(0, 5);
    ring.device().rawUse(4711, 1);
    assertThrows(RingViolation.class, ring.driver()::poll);
    ring.driver().reset();
    assertEquals(8, ring.driver().free());
    assertEquals(0, ring.driver().outstanding());
    assertEquals(Virtqueue.NONE, ring.driver().poll());
    for (long at = 0; at < ring.device().descriptors().byteSize(); at += 8) {
      assertEquals(0, ring.device().descriptors().get(BaseVirtqueue.U64, at));
    }
    assertTrue(ring.driver().add(ring.chain(1), 1));
  }

  @Test
  void theQueueTellsOfItselfForPeople() {
    RingFixture split = RingFixture.of(RingFixture.SPLIT, 8);
    split.driver().add(split.chain(2), 0);
    assertEquals(
        "SplitVirtqueue[0: 8 descriptors, 6 free, 0 outstanding, avail 1, used 0]",
        split.driver().toString());
    RingFixture packed = RingFixture.of(RingFixture.PACKED, 3, 1);
    packed.driver().add(packed.chain(2), 0);
    assertEquals(
        "PackedVirtqueue[0: 3 descriptors, 1 free, 0 outstanding, avail 0/0, used 1/1]",
        packed.driver().toString());
  }
}
