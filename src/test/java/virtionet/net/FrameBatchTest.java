package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.net.TransmitQueue.Outcome;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.virtio.RingViolation;

/** Frames in batches, from a ring and to a ring. */
class FrameBatchTest {
  private static final int QUEUE = 16;

  static Stream<ModelSettings> devices() {
    return Stream.of(
        ModelSettings.modern(),
        ModelSettings.legacy(),
        ModelSettings.legacy().without(ModelSettings.ANY_LAYOUT));
  }

  private static TestDevice up(ModelSettings settings) {
    return TestDevice.up(settings, TestDevice.netSettings(QUEUE));
  }

  private static FrameBatch received(TestDevice up, int frames) {
    for (int number = 0; number < frames; number++) {
      assertTrue(up.model().receive(TestDevice.frame(number, 60 + number)));
    }
    FrameBatch batch = FrameBatch.ofCapacity(QUEUE);
    assertEquals(frames, up.device().receiveQueue().receive(batch, QUEUE));
    up.device().receiveQueue().refill();
    return batch;
  }

  @ParameterizedTest
  @MethodSource("devices")
  void whatIsReceivedIntoABatchIsSentBackFromItByteForByte(ModelSettings settings) {
    try (TestDevice up = up(settings)) {
      for (int round = 0; round < 20; round++) {
        FrameBatch batch = received(up, 5);
        assertEquals(Outcome.QUEUED, up.device().transmitQueue().send(batch));
        assertTrue(batch.isEmpty());
        up.device().transmitQueue().flush();
        List<byte[]> sent = up.model().takeTransmitted();
        assertEquals(5, sent.size());
        for (int number = 0; number < 5; number++) {
          assertArrayEquals(TestDevice.frame(number, 60 + number), sent.get(number));
        }
        assertEquals(5, up.device().transmitQueue().reap());
        batch.release();
      }
    }
  }

  @Test
  void eachFrameIsSeenByItsIndexWhereItLies() {
    try (TestDevice up = up(ModelSettings.modern())) {
      FrameBatch batch = received(up, 3);
      assertEquals(3, batch.size());
      for (int i = 0; i < 3; i++) {
        byte[] expected = TestDevice.frame(i, 60 + i);
        assertEquals(60 + i, batch.length(i));
        assertArrayEquals(expected, batch.segment(i).toArray(ValueLayout.JAVA_BYTE));
        assertArrayEquals(expected, batch.copy(i).toByteArray());
        MemorySegment there = batch.memory(i).asSlice(batch.offset(i), batch.length(i));
        assertEquals(-1, there.mismatch(MemorySegment.ofArray(expected)));
        assertTrue(batch.offload(i).isDone());
      }
      assertThrows(IndexOutOfBoundsException.class, () -> batch.length(3));
      assertThrows(IndexOutOfBoundsException.class, () -> batch.segment(-1));
      batch.release();
    }
  }

  @Test
  void framesThatAreRemovedAreReleasedAndTheOthersMoveUp() {
    try (TestDevice up = up(ModelSettings.modern())) {
      FrameBatch batch = received(up, 6);
      assertEquals(3, batch.removeIf(index -> index % 2 == 0));
      assertEquals(3, batch.size());
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(TestDevice.frame(2 * i + 1, 61 + 2 * i), batch.copy(i).toByteArray());
      }
      assertEquals(3, up.device().kept().buffers().lent());
      batch.release();
      assertEquals(0, up.device().kept().buffers().lent());
    }
  }

  @Test
  void aTestThatFailsLeavesEachFrameInTheBatchOrReleasedOnce() {
    try (TestDevice up = up(ModelSettings.modern())) {
      FrameBatch batch = received(up, 6);
      var failure = new IllegalStateException("on purpose");
      assertSame(
          failure,
          assertThrows(
              IllegalStateException.class,
              () ->
                  batch.removeIf(
                      index -> {
                        if (index == 3) {
                          throw failure;
                        }
                        return index != 1;
                      })));
      assertEquals(4, batch.size());
      for (int i = 0; i < 4; i++) {
        int number = i == 0 ? 1 : i + 2;
        assertArrayEquals(TestDevice.frame(number, 60 + number), batch.copy(i).toByteArray());
      }
      assertEquals(4, up.device().kept().buffers().lent());
      batch.release();
      assertEquals(0, up.device().kept().buffers().lent());
    }
  }

  @Test
  void aFrameThatIsTakenOutIsItsHoldersAndTheRestStays() {
    try (TestDevice up = up(ModelSettings.modern())) {
      FrameBatch batch = received(up, 2);
      Frame first = batch.takeFirst();
      batch.release();
      assertArrayEquals(TestDevice.frame(0, 60), first.toByteArray());
      first.release();
    }
  }

  @Test
  void aBatchThatWasReleasedIsNotToBeUsed() {
    FrameBatch batch = FrameBatch.of(Frame.ofLength(60));
    batch.release();
    assertTrue(batch.isReleased());
    assertThrows(IllegalStateException.class, () -> batch.length(0));
    assertThrows(IllegalStateException.class, batch::release);
    assertThrows(IllegalStateException.class, batch::takeFirst);
    assertThrows(IllegalStateException.class, () -> batch.add(Frame.ofLength(60)));
  }

  @Test
  void aBatchIsFullAtItsCapacityAndHasRoomAgainForEachThatIsTaken() {
    FrameBatch batch = FrameBatch.ofCapacity(2);
    Frame first = Frame.ofLength(60);
    batch.add(first);
    batch.add(Frame.ofLength(61));
    assertThrows(IllegalStateException.class, () -> batch.add(Frame.ofLength(62)));
    assertSame(first, batch.takeFirst());
    batch.add(Frame.ofLength(62));
    assertEquals(61, batch.length(0));
    assertEquals(62, batch.length(1));
    batch.clear();
    assertThrows(NoSuchElementException.class, batch::takeFirst);
    assertThrows(IllegalArgumentException.class, () -> FrameBatch.ofCapacity(0));
  }

  @Test
  void batchesAreUsedAgainAfterTheirRelease() {
    var batches = new FrameBatches(4);
    FrameBatch batch = batches.take();
    batch.add(Frame.ofLength(60));
    batch.release();
    assertSame(batch, batches.take());
    assertTrue(batch.isEmpty());
    assertFalse(batch.isReleased());
  }

  @Test
  void framesThatCannotBeSentAreRefusedAndTheOthersGo() {
    try (TestDevice up = up(ModelSettings.modern())) {
      FrameBatch batch = received(up, 1);
      batch.add(Frame.ofLength(13));
      batch.add(Frame.ofLength(1519));
      batch.add(Frame.copyOf(TestDevice.frame(9, 100)));
      assertEquals(Outcome.QUEUED, up.device().transmitQueue().send(batch));
      up.device().transmitQueue().flush();
      List<byte[]> sent = up.model().takeTransmitted();
      assertEquals(2, sent.size());
      assertArrayEquals(TestDevice.frame(9, 100), sent.get(1));
      assertEquals(1, up.count(Counter.REFUSED_SHORT));
      assertEquals(1, up.count(Counter.REFUSED_LONG));
      up.device().transmitQueue().reap();
    }
  }

  @Test
  void whatFindsNoRoomStaysInTheBatch() {
    try (TestDevice up = up(ModelSettings.modern())) {
      up.model().stall();
      FrameBatch first = received(up, QUEUE);
      assertEquals(Outcome.QUEUED, up.device().transmitQueue().send(first));
      FrameBatch second = received(up, 3);
      assertEquals(Outcome.FULL, up.device().transmitQueue().send(second));
      assertEquals(3, second.size());
      up.device().transmitQueue().flush();
      assertEquals(QUEUE, up.model().transmitNow());
      assertEquals(QUEUE, up.device().transmitQueue().reap());
      assertEquals(Outcome.QUEUED, up.device().transmitQueue().send(second));
      up.device().transmitQueue().flush();
      assertEquals(3, up.model().transmitNow());
      assertEquals(3, up.device().transmitQueue().reap());
    }
  }

  @Test
  void framesBeforeAViolationAreGood() {
    TestDevice up = up(ModelSettings.modern());
    assertTrue(up.model().receive(TestDevice.frame(1, 60)));
    up.model().ring(0).rawUse(999, 60);
    FrameBatch batch = FrameBatch.ofCapacity(QUEUE);
    var queue = up.device().receiveQueue();
    assertThrows(RingViolation.class, () -> queue.receive(batch, QUEUE));
    assertEquals(1, batch.size());
    assertArrayEquals(TestDevice.frame(1, 60), batch.copy(0).toByteArray());
    batch.release();
    up.device().end();
  }

  @Test
  void aQueueOfFramesGivesThemInOrderAndTakesThemFromTheirHolders() {
    // Without leak detection, for which each frame stays an object.
    ModelMachine machine = ModelMachine.of(ModelSettings.modern());
    NetDevice device =
        TestDevice.bringUp(machine, TestDevice.netSettings(QUEUE), new KeptState(false));
    try (var up = new TestDevice(machine, machine.device(0), device)) {
      var ring = new FrameRing(3);
      Frame lent = up.device().transmitQueue().allocate(60).orElseThrow();
      Frame heap = Frame.ofLength(61);
      assertTrue(ring.offer(lent));
      assertThrows(IllegalStateException.class, lent::release, "the queue has it now");
      assertTrue(ring.offer(heap));
      assertTrue(ring.offer(Frame.ofLength(62)));
      assertFalse(ring.offer(Frame.ofLength(63)), "it holds three");
      assertEquals(3, ring.size());
      Frame first = ring.poll();
      assertNotNull(first);
      assertEquals(60, first.length());
      first.release();
      assertSame(heap, ring.peek());
      assertSame(heap, ring.poll());
      FrameBatch rest = FrameBatch.ofCapacity(8);
      assertEquals(1, ring.poll(rest));
      assertNull(ring.poll());
      assertTrue(ring.isEmpty());
    }
  }

  @Test
  void batchesGoThroughAQueueOfAnyCapacityRoundAndRound() {
    var ring = new FrameRing(5);
    FrameBatch in = FrameBatch.ofCapacity(4);
    FrameBatch out = FrameBatch.ofCapacity(3);
    int offered = 0;
    int polled = 0;
    while (polled < 1000) {
      while (in.room() > 0) {
        in.add(Frame.ofLength(14 + offered++ % 100));
      }
      ring.offer(in);
      ring.poll(out);
      while (!out.isEmpty()) {
        assertEquals(14 + polled++ % 100, out.takeFirst().length());
      }
    }
  }
}
