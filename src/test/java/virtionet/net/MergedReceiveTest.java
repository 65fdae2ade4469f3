package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.testing.DeviceSideRing;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelOffloads.Header;
import virtionet.testing.ModelSettings;
import virtionet.testing.Requirement;

/** Frames that the device spreads over several buffers (VirtIO 1.3 §5.1.6.4). */
class MergedReceiveTest {
  private static final int BUFFER = 2048;
  private static final int HEADER = 12;
  private static final Header PLAIN = new Header(0, 0, 0, 0, 0, 0, 0);

  static Stream<ModelSettings> devices() {
    return NetDeviceTest.devices().map(device -> device.offering(ModelSettings.MRG_RXBUF));
  }

  private static TestDevice up(ReceivedFrames shape, int queueSize) {
    return up(ModelSettings.modern().offering(ModelSettings.MRG_RXBUF), shape, queueSize);
  }

  private static TestDevice up(ModelSettings device, ReceivedFrames shape, int queueSize) {
    return TestDevice.up(device, TestDevice.netSettings(queueSize).with(shape));
  }

  private static List<Frame> frames(TestDevice up) {
    List<Frame> frames = new ArrayList<>();
    up.device().receiveQueue().receive(frames::add, 1000);
    return frames;
  }

  /** The next frame's bytes; fails unless there is exactly one. */
  private static byte[] one(TestDevice up) {
    List<byte[]> frames = up.receive(1000);
    assertEquals(1, frames.size());
    return frames.getFirst();
  }

  @ParameterizedTest
  @MethodSource("devices")
  @Requirement({"NETRX-IMP-01", "NETHDR-LEG-02"})
  void framesOfOneBufferUpToAllOfTheRingArriveByteExactInOneSegment(ModelSettings device) {
    try (TestDevice up = up(device, ReceivedFrames.COMPLETE, 16)) {
      for (int length = 14; length < 7 * BUFFER; length += 97) {
        byte[] frame = TestDevice.frame(length, length);
        assertTrue(up.model().receive(frame));
        List<Frame> got = frames(up);
        assertEquals(1, got.size());
        assertArrayEquals(frame, got.getFirst().segment().toArray(ValueLayout.JAVA_BYTE));
        got.getFirst().release();
      }
      assertTrue(up.count(Counter.COPIED_FRAMES) > 0, "no frame was longer than a buffer");
    }
  }

  @Test
  void aFrameOverSeveralBuffersIsAViewOfEachAndGivesAllBackAtOnce() {
    try (TestDevice up = up(ReceivedFrames.AS_GIVEN, 8)) {
      byte[] bytes = TestDevice.frame(1, 3 * BUFFER);
      up.model().receive(bytes);
      Frame frame = frames(up).getFirst();
      assertEquals(4, frame.segmentCount());
      assertEquals(3 * BUFFER, frame.length());
      assertEquals(BUFFER - HEADER, frame.segment(0).byteSize());
      assertEquals(BUFFER, frame.segment(1).byteSize());
      assertEquals(HEADER, frame.segment(3).byteSize());
      assertTrue(frame.segment(3).isNative());
      assertArrayEquals(bytes, frame.toByteArray());
      assertEquals(0, up.count(Counter.COPIED_FRAMES));
      assertEquals(4, up.device().lentBuffers());

      var misuse = assertThrows(IllegalStateException.class, frame::segment);
      assertTrue(String.valueOf(misuse.getMessage()).contains("4 segments"));
      frame.release();
      assertEquals(0, up.device().lentBuffers());
      assertThrows(IllegalStateException.class, frame::release);
      assertThrows(IllegalStateException.class, () -> frame.segment(1));
      assertEquals(0, up.device().lentBuffers());
    }
  }

  @Test
  void aGatheredFrameIsOneSegmentOnTheHeapAndItsBuffersAreFree() {
    try (TestDevice up = up(ReceivedFrames.AS_GIVEN, 8)) {
      byte[] bytes = TestDevice.frame(1, 5000);
      up.model().receive(bytes);
      Frame frame = frames(up).getFirst();
      Frame gathered = frame.gather();
      assertTrue(frame.isReleased());
      assertEquals(0, up.device().lentBuffers());
      assertEquals(MemorySegment.ofArray(bytes).mismatch(gathered.segment()), -1);
      assertSame(gathered, gathered.gather());
      gathered.release();
    }
  }

  @ParameterizedTest
  @EnumSource
  void framesThatAreKeptNeverEmptyTheRingHoweverManyBuffersTheyHave(ReceivedFrames shape) {
    try (TestDevice up = up(shape, 8)) {
      List<Frame> kept = new ArrayList<>();
      List<byte[]> sent = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        byte[] frame = TestDevice.frame(i, 100 + i * 137 % 9000);
        assertTrue(up.model().receive(frame), "no buffer for frame " + i);
        sent.add(frame);
        up.device().receiveQueue().receive(kept::add, 10);
        assertEquals(8, up.device().receiveQueue().posted());
      }
      for (int i = 0; i < sent.size(); i++) {
        assertArrayEquals(sent.get(i), kept.get(i).toByteArray());
        kept.get(i).release();
      }
      assertEquals(0, up.device().lentBuffers());
    }
  }

  @ParameterizedTest
  @EnumSource
  void fiftyThousandFramesOfAllSizesGoThroughARingOf8(ReceivedFrames shape) {
    var random = new SplittableRandom(11);
    try (TestDevice up = up(shape, 8)) {
      Deque<Frame> kept = new ArrayDeque<>();
      for (int i = 0; i < 50_000; i++) {
        byte[] bytes = TestDevice.frame(i, random.nextInt(14, 8 * BUFFER - HEADER));
        int most = random.nextInt(4) == 0 ? random.nextInt(BUFFER / 2, BUFFER) : BUFFER;
        boolean fits = bytes.length + HEADER <= 8 * most;
        assertTrue(up.model().deliverMerged(PLAIN, bytes, fits ? most : BUFFER, 0));
        // In several turns, as when the budget ends in the middle of a frame.
        int taken;
        do {
          taken = up.device().receiveQueue().receive(kept::add, random.nextInt(1, 9));
        } while (taken > 0);
        assertArrayEquals(bytes, kept.getLast().toByteArray());
        while (kept.size() > random.nextInt(0, 4)) {
          (random.nextBoolean() ? kept.removeFirst() : kept.removeLast()).release();
        }
      }
      kept.forEach(Frame::release);
      assertEquals(50_000, up.count(Counter.RECEIVED_FRAMES));
    }
  }

  @Test
  @Requirement("NETRX-IMP-01")
  void aFrameIsNotGivenOutBeforeItsLastBufferHasCome() {
    try (TestDevice up = up(ReceivedFrames.AS_GIVEN, 8)) {
      byte[] bytes = TestDevice.frame(1, 3 * BUFFER - HEADER);
      DeviceSideRing.Chain last = deliverAllButTheLast(up, bytes);
      assertEquals(List.of(), up.receive(10));
      up.device().receiveQueue().dropOverdue();
      assertEquals(List.of(), up.receive(10));
      up.model().ring(0).use(last.head(), BUFFER);
      assertArrayEquals(bytes, one(up));
      assertEquals(8, up.device().receiveQueue().posted());
    }
  }

  @Test
  @Requirement("NETRX-IMP-01")
  @Misbehaviour("H73")
  void aFrameWhoseRestDoesNotComeIsDroppedAndItsRestSkippedWhenItComesAtLast() {
    try (TestDevice up = up(ReceivedFrames.AS_GIVEN, 8)) {
      DeviceSideRing.Chain last =
          deliverAllButTheLast(up, TestDevice.frame(1, 3 * BUFFER - HEADER));
      assertEquals(List.of(), up.receive(10));
      up.device().receiveQueue().dropOverdue();
      assertEquals(0, up.count(Counter.DROPPED_INCOMPLETE));
      up.device().receiveQueue().dropOverdue();
      assertEquals(1, up.count(Counter.DROPPED_INCOMPLETE));
      assertEquals(8, up.device().receiveQueue().posted());
      up.device().receiveQueue().dropOverdue();
      assertEquals(1, up.count(Counter.DROPPED_INCOMPLETE));

      up.model().ring(0).use(last.head(), BUFFER);
      up.model().receive(TestDevice.frame(2, 5000));
      assertArrayEquals(TestDevice.frame(2, 5000), one(up));
    }
  }

  @Test
  void aDeviceThatEndsInTheMiddleOfAFrameLosesNoBuffer() {
    try (TestDevice up = up(ReceivedFrames.AS_GIVEN, 8)) {
      DeviceSideRing.Chain last =
          deliverAllButTheLast(up, TestDevice.frame(1, 3 * BUFFER - HEADER));
      assertEquals(List.of(), up.receive(10));
      assertTrue(last.writable() > 0);
    }
  }

  /** Delivers a frame of three buffers but for the last, which it writes and keeps. */
  private static DeviceSideRing.Chain deliverAllButTheLast(TestDevice up, byte[] bytes) {
    DeviceSideRing ring = up.model().ring(0);
    byte[] all = new byte[3 * BUFFER];
    all[10] = 3;
    System.arraycopy(bytes, 0, all, HEADER, bytes.length);
    List<DeviceSideRing.Chain> chains = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      DeviceSideRing.Chain chain = ring.take().orElseThrow();
      chain.write(Arrays.copyOfRange(all, i * BUFFER, (i + 1) * BUFFER));
      chains.add(chain);
    }
    ring.use(chains.get(0).head(), BUFFER);
    ring.use(chains.get(1).head(), BUFFER);
    return chains.get(2);
  }

  @Test
  @Misbehaviour("H70")
  void aFrameOfNoBuffersIsDroppedAndCounted() {
    try (TestDevice up = up(ReceivedFrames.COMPLETE, 8)) {
      up.model().deliverRaw(new byte[HEADER], new byte[60], HEADER + 60);
      assertEquals(List.of(), up.receive(10));
      assertEquals(1, up.count(Counter.DROPPED_BAD_BUFFER_COUNT));
      up.model().receive(TestDevice.frame(1, 60));
      assertArrayEquals(TestDevice.frame(1, 60), one(up));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 256, 65_535})
  @Misbehaviour("H71")
  void aFrameOfMoreBuffersThanTheDeviceHasIsDroppedWithAllThatItHas(int buffers) {
    try (TestDevice up = up(ReceivedFrames.COMPLETE, 8)) {
      up.model().deliverRaw(PLAIN.withBuffers(buffers).bytes(HEADER), new byte[60], HEADER + 60);
      for (int i = 0; i < 7; i++) {
        up.model().deliverRaw(PLAIN.withBuffers(1).bytes(HEADER), new byte[60], HEADER + 60);
      }
      assertEquals(List.of(), up.receive(10));
      assertEquals(1, up.count(Counter.DROPPED_BAD_BUFFER_COUNT));
      assertEquals(8, up.device().receiveQueue().posted());
      up.model().receive(TestDevice.frame(1, 60));
      assertArrayEquals(TestDevice.frame(1, 60), one(up));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, BUFFER + 1, 0xffff_ffffL})
  void aFrameWithABufferOfAnImpossibleLengthIsDroppedWholeAndTheNextOneComes(long claimed) {
    try (TestDevice up = up(ReceivedFrames.COMPLETE, 8)) {
      DeviceSideRing ring = up.model().ring(0);
      DeviceSideRing.Chain first = ring.take().orElseThrow();
      first.write(PLAIN.withBuffers(3).bytes(HEADER));
      ring.use(first.head(), BUFFER);
      ring.use(ring.take().orElseThrow().head(), claimed);
      ring.use(ring.take().orElseThrow().head(), BUFFER);
      assertEquals(List.of(), up.receive(10));
      assertEquals(
          1, up.count(claimed == 0 ? Counter.DROPPED_INCOMPLETE : Counter.DROPPED_OVERLONG));
      up.model().receive(TestDevice.frame(1, 3000));
      assertArrayEquals(TestDevice.frame(1, 3000), one(up));
    }
  }

  @Test
  @Misbehaviour("H74")
  void aFrameLongerThanAnyPacketIsDroppedAndItsMemoryIsBack() {
    try (TestDevice up = up(ReceivedFrames.AS_GIVEN, 64)) {
      up.model().receive(TestDevice.frame(1, OffloadFeatures.LONGEST_FRAME));
      assertEquals(OffloadFeatures.LONGEST_FRAME, one(up).length);
      up.model().receive(TestDevice.frame(1, OffloadFeatures.LONGEST_FRAME + 1));
      assertEquals(List.of(), up.receive(100));
      assertEquals(1, up.count(Counter.DROPPED_OVERLONG));
      assertEquals(64, up.device().receiveQueue().posted());
    }
  }

  @Test
  @Requirement("NETCFG-DRV-08")
  void aFrameOfTheMtuFitsAndALongerOneIsDroppedOverHoweverManyBuffers() {
    ModelSettings device = ModelSettings.modern().offering(ModelSettings.MRG_RXBUF).withMtu(9000);
    for (ReceivedFrames shape : ReceivedFrames.values()) {
      try (TestDevice up = up(device, shape, 2)) {
        assertTrue(up.model().receive(TestDevice.frame(1, 9018)));
        assertEquals(9018, one(up).length);
      }
      try (TestDevice up = up(device, shape, 8)) {
        assertTrue(up.model().deliverMerged(PLAIN, TestDevice.frame(1, 9018), 2000, 0));
        assertEquals(9018, one(up).length);
        assertTrue(up.model().deliverMerged(PLAIN, TestDevice.frame(1, 9019), 2000, 0));
        assertEquals(List.of(), up.receive(10));
        assertEquals(1, up.count(Counter.DROPPED_OVERLONG));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 0xaaaa})
  @Requirement("NETRX-IMP-02")
  @Misbehaviour("H72")
  void withoutMergedBuffersTheNumberOfBuffersIsNotLookedAt(int number) {
    try (TestDevice up = TestDevice.up(ModelSettings.modern())) {
      byte[] frame = TestDevice.frame(1, 60);
      up.model().deliverRaw(PLAIN.withBuffers(number).bytes(HEADER), frame, HEADER + 60);
      assertArrayEquals(frame, one(up));
    }
  }

  @ParameterizedTest
  @EnumSource
  @Misbehaviour("H84")
  void arbitraryHeadersAndLengthsLoseNoBufferAndGiveOutNothingBeyondWhatWasWritten(
      ReceivedFrames shape) {
    var random = new SplittableRandom(12);
    try (TestDevice up = up(OffloadFrames.device(), shape, 8)) {
      int received = 0;
      for (int round = 0; round < 30_000; round++) {
        DeviceSideRing ring = up.model().ring(0);
        for (int burst = random.nextInt(1, 9); burst > 0 && ring.waiting() > 0; burst--) {
          DeviceSideRing.Chain chain = ring.take().orElseThrow();
          byte[] bytes = new byte[random.nextInt(0, 300)];
          random.nextBytes(bytes);
          if (bytes.length > HEADER && random.nextBoolean()) {
            bytes[0] = (byte) random.nextInt(8);
            bytes[1] = (byte) random.nextInt(6);
            bytes[7] = 0;
            bytes[9] = 0;
            bytes[10] = (byte) random.nextInt(4);
            bytes[11] = 0;
          }
          chain.write(bytes);
          ring.use(chain.head(), random.nextInt(8) == 0 ? random.nextInt() : bytes.length);
        }
        for (byte[] frame : up.receive(random.nextInt(1, 9))) {
          assertTrue(frame.length >= 14 && frame.length <= 8 * BUFFER);
          received++;
        }
        up.device().receiveQueue().dropOverdue();
        assertTrue(up.device().isConserved());
      }
      assertTrue(received > 1000, "only " + received + " were received");
    }
  }
}
