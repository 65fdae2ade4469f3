package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.net.TransmitQueue.Outcome;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelSettings;
import virtionet.testing.Requirement;
import virtionet.virtio.RingViolation;

/** What the transmit queue does with frames, and what becomes of their buffers. */
class TransmitQueueTest {
  static Stream<ModelSettings> devices() {
    return NetDeviceTest.devices();
  }

  private static TransmitQueue queue(TestDevice up) {
    return up.device().transmitQueue();
  }

  @ParameterizedTest
  @MethodSource("devices")
  void eachSizeOfFrameIsTransmittedByteExact(ModelSettings settings) {
    try (TestDevice up = TestDevice.up(settings)) {
      for (int length = Frame.HEADER_LENGTH; length <= 1514; length++) {
        byte[] frame = TestDevice.frame(length, length);
        assertEquals(Outcome.QUEUED, queue(up).send(Frame.copyOf(frame)));
        queue(up).flush();
        assertArrayEquals(frame, up.model().takeTransmitted().getFirst());
        assertEquals(1, queue(up).reap());
      }
      assertEquals(1501, up.count(Counter.TRANSMITTED_FRAMES));
      assertEquals(1501, up.count(Counter.TRANSMIT_COPIES));
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void twoHundredThousandFramesGoThroughARingOf8(ModelSettings settings) {
    int total = 200_000;
    var random = new SplittableRandom(9);
    var frames = new TestFrames();
    try (TestDevice up = TestDevice.up(settings, TestDevice.netSettings(8))) {
      up.model().stall();
      int queued = 0;
      int transmitted = 0;
      while (transmitted < total) {
        int burst = random.nextInt(0, 6);
        for (int i = 0; i < burst && queued < total; i++) {
          boolean own = random.nextBoolean();
          Optional<Frame> allocated = own ? queue(up).allocate(60) : Optional.empty();
          Frame frame = allocated.orElseGet(() -> frames.make(60));
          if (queue(up).send(frame) == Outcome.FULL) {
            frame.release();
            break;
          }
          queued++;
        }
        queue(up).flush();
        if (random.nextInt(3) > 0) {
          transmitted += up.model().transmitNow();
          up.model().takeTransmitted();
          queue(up).reap();
        }
      }
      assertEquals(total, up.count(Counter.TRANSMITTED_FRAMES));
      assertEquals(0, frames.held());
    }
  }

  @Test
  void aFrameInDeviceMemoryIsSentWithoutACopy() {
    try (TestDevice up = TestDevice.up(ModelSettings.modern())) {
      Frame frame = queue(up).allocate(60).orElseThrow();
      frame.segment().copyFrom(java.lang.foreign.MemorySegment.ofArray(TestDevice.frame(1, 60)));
      assertEquals(Outcome.QUEUED, queue(up).send(frame));
      queue(up).flush();
      assertArrayEquals(TestDevice.frame(1, 60), up.model().takeTransmitted().getFirst());
      assertEquals(0, up.count(Counter.TRANSMIT_COPIES));
      assertEquals(1, queue(up).reap());
    }
  }

  @Test
  void aBatchInDeviceMemoryIsSentWithoutACopy() {
    try (TestDevice up = TestDevice.up(ModelSettings.modern())) {
      FrameBatch batch = FrameBatch.ofCapacity(3);
      batch.add(Frame.copyOf(TestDevice.frame(0, 60)));
      assertEquals(2, queue(up).allocate(batch, 5, 60), "it has room for two more");
      for (int i = 1; i < 3; i++) {
        batch.segment(i).copyFrom(MemorySegment.ofArray(TestDevice.frame(i, 60)));
      }
      assertEquals(Outcome.QUEUED, queue(up).send(batch));
      queue(up).flush();
      List<byte[]> sent = up.model().takeTransmitted();
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(TestDevice.frame(i, 60), sent.get(i));
      }
      assertEquals(1, up.count(Counter.TRANSMIT_COPIES), "the one from the heap");
      assertEquals(3, queue(up).reap());
    }
  }

  @Test
  void asManyBuffersAsTheRingHoldsAreNotGivenOutInABatch() {
    try (TestDevice up = TestDevice.up(ModelSettings.modern(), TestDevice.netSettings(8))) {
      FrameBatch batch = FrameBatch.ofCapacity(32);
      assertEquals(14, queue(up).allocate(batch, 14, 60));
      assertEquals(2, queue(up).allocate(batch, 3, 60), "of 24 buffers 8 are kept");
      assertEquals(0, queue(up).allocate(batch, 3, 60));
      assertTrue(queue(up).allocate(60).isEmpty());
      assertEquals(0, queue(up).allocate(batch, 1, -1));
      assertEquals(0, queue(up).allocate(batch, -1, 60));
      assertEquals(0, queue(up).allocate(batch, 1, 1 << 20));
      batch.clear();
      assertEquals(8, queue(up).allocate(batch, 8, 60), "the others have come back");
      Frame fromTheHeap = Frame.ofLength(60);
      FrameBatch more = FrameBatch.ofCapacity(8);
      assertEquals(8, queue(up).allocate(more, 8, 60));
      assertEquals(Outcome.QUEUED, queue(up).send(fromTheHeap), "there is a buffer for its copy");
      more.release();
      batch.release();
    }
  }

  @Test
  void aReceivedFrameIsSentOnWithoutACopy() {
    try (TestDevice up = TestDevice.up(ModelSettings.modern(), TestDevice.netSettings(8))) {
      for (int i = 0; i < 100; i++) {
        byte[] bytes = TestDevice.frame(i, 300);
        assertTrue(up.model().receive(bytes));
        up.device()
            .receiveQueue()
            .receive(frame -> assertEquals(Outcome.QUEUED, queue(up).send(frame)), 1);
        queue(up).flush();
        assertArrayEquals(bytes, up.model().takeTransmitted().getFirst());
        queue(up).reap();
      }
      assertEquals(0, up.count(Counter.TRANSMIT_COPIES));
    }
  }

  @Test
  void aFullRingLeavesTheFrameWithItsHolder() {
    var frames = new TestFrames();
    try (TestDevice up = TestDevice.up(ModelSettings.modern(), TestDevice.netSettings(8))) {
      up.model().stall();
      for (int i = 0; i < 8; i++) {
        assertEquals(Outcome.QUEUED, queue(up).send(frames.make(60)));
      }
      Frame ninth = frames.make(60);
      assertEquals(Outcome.FULL, queue(up).send(ninth));
      assertFalse(ninth.isReleased());
      queue(up).flush();
      up.model().transmitNow();
      assertEquals(8, queue(up).reap());
      assertEquals(Outcome.QUEUED, queue(up).send(ninth));
      queue(up).flush();
      up.model().transmitNow();
      assertEquals(1, queue(up).reap());
      assertEquals(0, frames.held());
    }
  }

  @Test
  void aFrameShorterThanAHeaderOrLongerThanTheMtuAllowsIsRefusedAndCounted() {
    var frames = new TestFrames();
    try (TestDevice up = TestDevice.up(ModelSettings.modern().withMtu(1000))) {
      assertEquals(Outcome.TOO_SHORT, queue(up).send(frames.make(0)));
      assertEquals(Outcome.TOO_SHORT, queue(up).send(frames.make(13)));
      assertEquals(Outcome.TOO_LONG, queue(up).send(frames.make(1015)));
      assertEquals(Outcome.QUEUED, queue(up).send(frames.make(1014)));
      assertEquals(2, up.count(Counter.REFUSED_SHORT));
      assertEquals(1, up.count(Counter.REFUSED_LONG));
      assertEquals(0, frames.held());
      queue(up).flush();
      queue(up).reap();
    }
  }

  @Test
  void aVlanTagMayComeOnTopOfTheMtu() {
    try (TestDevice up = TestDevice.up(ModelSettings.modern().withMtu(1000))) {
      byte[] tagged = new byte[1018];
      tagged[12] = (byte) 0x81;
      assertEquals(Outcome.QUEUED, queue(up).send(Frame.copyOf(tagged)));
      assertEquals(Outcome.TOO_LONG, queue(up).send(Frame.ofLength(1018)));
      queue(up).flush();
      queue(up).reap();
    }
  }

  @Test
  void aFrameThatWasReleasedOrSentBeforeIsRefused() {
    try (TestDevice up = TestDevice.up(ModelSettings.modern())) {
      Frame released = Frame.ofLength(60);
      released.release();
      assertEquals(Outcome.NOT_HELD, queue(up).send(released));
      Frame sent = queue(up).allocate(60).orElseThrow();
      assertEquals(Outcome.QUEUED, queue(up).send(sent));
      assertEquals(Outcome.NOT_HELD, queue(up).send(sent));
      assertThrows(IllegalStateException.class, sent::release);
      assertEquals(2, up.count(Counter.REFUSED_RELEASED));
      queue(up).flush();
      assertEquals(1, queue(up).reap());
    }
  }

  @Test
  void aBatchCostsOneDoorbell() {
    var settings = ModelSettings.modern().without(ModelSettings.EVENT_IDX);
    try (TestDevice up = TestDevice.up(settings)) {
      int before = up.model().notifications();
      for (int i = 0; i < 100; i++) {
        queue(up).send(Frame.ofLength(60));
      }
      queue(up).flush();
      queue(up).flush();
      assertEquals(before + 1, up.model().notifications());
      assertEquals(100, up.model().takeTransmitted().size());
      assertEquals(100, queue(up).reap());
    }
  }

  @Test
  void aDeviceThatIsBusyAnywayIsNotDisturbed() {
    try (TestDevice up = TestDevice.up(ModelSettings.modern())) {
      up.model().stall();
      queue(up).send(Frame.ofLength(60));
      queue(up).flush();
      int before = up.model().notifications();
      queue(up).send(Frame.ofLength(60));
      queue(up).flush();
      assertEquals(before, up.model().notifications());
      assertEquals(1, up.count(Counter.TRANSMIT_KICKS_SAVED));
      up.model().transmitNow();
      assertEquals(2, queue(up).reap());
    }
  }

  @Test
  void framesInFlightAreAbortedAndCountedWhenTheDeviceEnds() {
    var frames = new TestFrames();
    TestDevice up = TestDevice.up(ModelSettings.modern());
    up.model().stall();
    List<Frame> own = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Frame frame = queue(up).allocate(60).orElseThrow();
      own.add(frame);
      queue(up).send(frame);
      queue(up).send(frames.make(60));
    }
    queue(up).flush();
    up.device().end();
    assertEquals(10, up.count(Counter.TRANSMIT_ABORTED));
    assertEquals(0, frames.held());
    assertTrue(own.stream().allMatch(Frame::isReleased));
    assertEquals(32 << 20, up.machine().memory().available());
  }

  @Test
  void asManyBuffersAsTheRingHoldsAreNotGivenOut() {
    try (TestDevice up = TestDevice.up(ModelSettings.modern(), TestDevice.netSettings(8))) {
      List<Frame> frames = new ArrayList<>();
      for (Optional<Frame> next = queue(up).allocate(60);
          next.isPresent();
          next = queue(up).allocate(60)) {
        frames.add(next.get());
      }
      assertEquals(16, frames.size(), "of 24");
      assertEquals(Outcome.QUEUED, queue(up).send(Frame.ofLength(60)), "a copy still finds room");
      queue(up).flush();
      queue(up).reap();
      frames.forEach(Frame::release);
      assertEquals(Optional.empty(), queue(up).allocate(1 << 20));
    }
  }

  @Test
  void whoWantsMoreThanThereAreKeepsNobodysCopyFromItsBuffer() throws InterruptedException {
    try (TestDevice up = TestDevice.up(ModelSettings.modern(), TestDevice.netSettings(8))) {
      FrameBatch held = FrameBatch.ofCapacity(16);
      assertEquals(16, queue(up).allocate(held, 16, 60));
      var wants = new AtomicBoolean(true);
      Thread greedy =
          Thread.ofPlatform()
              .start(
                  () -> {
                    FrameBatch batch = FrameBatch.ofCapacity(256);
                    while (wants.get()) {
                      queue(up).allocate(batch, 256, 60);
                    }
                  });
      try {
        for (int i = 0; i < 20_000; i++) {
          assertEquals(Outcome.QUEUED, queue(up).send(Frame.ofLength(60)));
          queue(up).flush();
          assertEquals(1, queue(up).reap());
        }
      } finally {
        wants.set(false);
        greedy.join();
      }
      up.model().takeTransmitted();
      held.release();
    }
  }

  @Test
  void aFrameThatComesBackTwiceIsARingViolation() {
    TestDevice up = TestDevice.up(ModelSettings.modern());
    queue(up).send(Frame.ofLength(60));
    queue(up).send(Frame.ofLength(60));
    up.model().stall();
    queue(up).flush();
    int head = up.model().ring(1).take().orElseThrow().head();
    up.model().ring(1).rawUse(head, 0);
    up.model().ring(1).rawUse(head, 0);
    var violation = assertThrows(RingViolation.class, () -> queue(up).reap());
    assertEquals(RingViolation.Kind.ID_NOT_OUTSTANDING, violation.kind());
    // What is to be sent all the same stays its holder's.
    FrameBatch batch = FrameBatch.of(queue(up).allocate(60).orElseThrow(), Frame.ofLength(61));
    assertSame(violation, assertThrows(RingViolation.class, () -> queue(up).send(batch)));
    assertEquals(2, batch.size());
    batch.release();
    up.device().end();
    assertEquals(32 << 20, up.machine().memory().available());
  }

  @ParameterizedTest
  @MethodSource("devices")
  @Requirement("NETHDR-LEG-03")
  @Misbehaviour("H48")
  void whatADeviceClaimsToHaveWrittenIntoATransmittedFrameDoesNotMatter(ModelSettings settings) {
    try (TestDevice up = TestDevice.up(settings)) {
      up.model().stall();
      queue(up).send(Frame.ofLength(60));
      queue(up).flush();
      up.model().ring(1).use(up.model().ring(1).take().orElseThrow().head(), 0xffff_ffffL);
      assertEquals(1, queue(up).reap());
    }
  }
}
