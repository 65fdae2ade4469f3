package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.testing.DeviceSideRing;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelSettings;
import virtionet.virtio.RingViolation;

/** What the receive queue does with good frames, bad frames, and frames that are kept. */
class ReceiveQueueTest {
  static Stream<ModelSettings> devices() {
    return NetDeviceTest.devices();
  }

  @ParameterizedTest
  @MethodSource("devices")
  void eachSizeOfFrameArrivesByteExact(ModelSettings settings) {
    try (TestDevice up = TestDevice.up(settings)) {
      for (int length = Frame.HEADER_LENGTH; length <= 1518; length++) {
        byte[] frame = TestDevice.frame(length, length);
        assertTrue(up.model().receive(frame));
        List<byte[]> got = up.receive(10);
        assertEquals(1, got.size());
        assertArrayEquals(frame, got.getFirst());
      }
      assertEquals(1505, up.count(Counter.RECEIVED_FRAMES));
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void twoHundredThousandFramesGoThroughARingOf8(ModelSettings settings) {
    int total = 200_000;
    var random = new SplittableRandom(8);
    try (TestDevice up = TestDevice.up(settings, TestDevice.netSettings(8))) {
      Deque<Frame> kept = new ArrayDeque<>();
      int sent = 0;
      int received = 0;
      while (received < total) {
        for (int burst = random.nextInt(1, 9); burst > 0 && sent < total; burst--) {
          if (!up.model().receive(TestDevice.frame(sent, 60))) {
            break;
          }
          sent++;
        }
        int before = received + kept.size();
        up.device().receiveQueue().receive(kept::add, random.nextInt(1, 12));
        assertTrue(sent == total || received + kept.size() > before, "the queue has died");
        // Some are kept for a while, so that buffers come back in another order.
        while (kept.size() > random.nextInt(0, 6)) {
          Frame frame = random.nextBoolean() ? kept.removeFirst() : kept.removeLast();
          frame.release();
          received++;
        }
      }
      assertEquals(total, up.count(Counter.RECEIVED_FRAMES));
    }
  }

  @Test
  void framesKeepTheirOrderAcrossTheWrapOfTheIndices() {
    try (TestDevice up = TestDevice.up(ModelSettings.modern(), TestDevice.netSettings(8))) {
      for (int number = 0; number < 70_000; number++) {
        byte[] frame = new byte[60];
        frame[0] = (byte) number;
        frame[1] = (byte) (number >> 8);
        assertTrue(up.model().receive(frame));
        assertArrayEquals(frame, up.receive(1).getFirst());
      }
    }
  }

  @Test
  @Misbehaviour("H46")
  void noMoreThanTheBudgetIsTaken() {
    try (TestDevice up = TestDevice.up(ModelSettings.modern())) {
      for (int i = 0; i < 10; i++) {
        up.model().receive(TestDevice.frame(i, 60));
      }
      assertEquals(4, up.receive(4).size());
      assertEquals(6, up.receive(100).size());
      assertEquals(0, up.receive(100).size());
    }
  }

  @Test
  void framesThatAreKeptNeverEmptyTheRing() {
    try (TestDevice up = TestDevice.up(ModelSettings.modern(), TestDevice.netSettings(8))) {
      List<Frame> kept = new ArrayList<>();
      List<byte[]> sent = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        byte[] frame = TestDevice.frame(i, 200);
        assertTrue(up.model().receive(frame), "no buffer for frame " + i);
        sent.add(frame);
        up.device().receiveQueue().receive(kept::add, 10);
        assertEquals(8, up.device().receiveQueue().posted());
      }
      assertEquals(100 - 3 * 8, up.count(Counter.COPIED_FRAMES));
      for (int i = 0; i < sent.size(); i++) {
        assertArrayEquals(sent.get(i), kept.get(i).toByteArray());
        kept.get(i).release();
      }
    }
  }

  @Test
  void aFrameIsAViewOfTheBufferAndNotACopy() {
    try (TestDevice up = TestDevice.up(ModelSettings.modern())) {
      up.model().receive(TestDevice.frame(1, 60));
      List<Frame> frames = new ArrayList<>();
      up.device().receiveQueue().receive(frames::add, 1);
      assertTrue(frames.getFirst().segment().isNative());
      assertEquals(0, up.count(Counter.COPIED_FRAMES));
      frames.getFirst().release();
    }
  }

  @Test
  void aFrameMayBeReleasedByAnotherThread() throws InterruptedException {
    try (TestDevice up = TestDevice.up(ModelSettings.modern(), TestDevice.netSettings(8))) {
      for (int round = 0; round < 200; round++) {
        List<Frame> frames = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          assertTrue(up.model().receive(TestDevice.frame(i, 60)));
        }
        up.device().receiveQueue().receive(frames::add, 8);
        Thread other = Thread.ofVirtual().start(() -> frames.forEach(Frame::release));
        up.device().receiveQueue().refill();
        other.join();
        up.device().receiveQueue().refill();
      }
    }
  }

  @Test
  void aFrameOutlivesItsDevice() {
    TestDevice up = TestDevice.up(ModelSettings.modern());
    byte[] sent = TestDevice.frame(1, 60);
    up.model().receive(sent);
    List<Frame> frames = new ArrayList<>();
    up.device().receiveQueue().receive(frames::add, 1);
    up.device().end();
    assertTrue(up.machine().memory().available() < 32 << 20, "its memory is still lent");
    assertArrayEquals(sent, frames.getFirst().toByteArray());
    frames.getFirst().release();
    assertEquals(32 << 20, up.machine().memory().available());
  }

  @ParameterizedTest
  @MethodSource("devices")
  @Misbehaviour({"H49", "H83"})
  void aFrameShorterThanAnEthernetHeaderIsDroppedAndCounted(ModelSettings settings) {
    int header = settings.isLegacy() ? 10 : 12;
    try (TestDevice up = TestDevice.up(settings, TestDevice.netSettings(8))) {
      for (int length = 0; length < header + Frame.HEADER_LENGTH; length++) {
        up.model().deliverRaw(new byte[header], new byte[20], length);
        assertEquals(List.of(), up.receive(1));
        assertEquals(length + 1, up.count(Counter.DROPPED_RUNT));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  @Misbehaviour("H47")
  void aLengthBeyondTheBufferIsDroppedAndCounted(ModelSettings settings) {
    try (TestDevice up = TestDevice.up(settings, TestDevice.netSettings(8))) {
      for (long claimed : new long[] {2049, 65_536, Integer.MAX_VALUE, 0xffff_ffffL}) {
        up.model().deliverRaw(new byte[12], new byte[60], claimed);
        assertEquals(List.of(), up.receive(1));
      }
      assertEquals(4, up.count(Counter.DROPPED_OVERLONG));
      assertEquals(0, up.count(Counter.RECEIVED_FRAMES));
    }
  }

  @Test
  @Misbehaviour("H81")
  void aFrameBeyondTheNegotiatedMtuIsDroppedAndCounted() {
    try (TestDevice up = TestDevice.up(ModelSettings.modern().withMtu(1000))) {
      up.model().receive(TestDevice.frame(1, 1018));
      assertEquals(1, up.receive(1).size());
      up.model().receive(TestDevice.frame(1, 1019));
      assertEquals(0, up.receive(1).size());
      assertEquals(1, up.count(Counter.DROPPED_OVERLONG));
    }
  }

  @Test
  void aHeaderThatSpeaksOfSegmentsNobodyNegotiatedIsDroppedAndCounted() {
    try (TestDevice up = TestDevice.up(ModelSettings.modern())) {
      byte[] header = new byte[12];
      header[1] = 1;
      up.model().deliverRaw(header, new byte[60], 72);
      assertEquals(0, up.receive(1).size());
      assertEquals(1, up.count(Counter.DROPPED_BAD_HEADER));
    }
  }

  @Test
  void aRingViolationStopsTheQueueForGood() {
    TestDevice up = TestDevice.up(ModelSettings.modern());
    DeviceSideRing ring = up.model().ring(0);
    ring.rawUse(4711, 100);
    var first = assertThrows(RingViolation.class, () -> up.receive(1));
    assertEquals(RingViolation.Kind.ID_OUT_OF_RANGE, first.kind());
    up.model().receive(TestDevice.frame(1, 60));
    assertThrows(RingViolation.class, () -> up.receive(1));
    assertTrue(up.device().isConserved());
    up.device().end();
    assertEquals(32 << 20, up.machine().memory().available());
  }

  @ParameterizedTest
  @MethodSource("devices")
  void anInterruptComesForTheNextFrameAndNotWhileItIsLookedAtAnyway(ModelSettings settings) {
    try (TestDevice up = TestDevice.up(settings)) {
      up.model().receive(TestDevice.frame(1, 60));
      assertEquals(1, up.device().takeInterrupts());
      up.device().receiveQueue().disableInterrupts();
      up.model().receive(TestDevice.frame(2, 60));
      assertEquals(0, up.device().takeInterrupts());
      assertEquals(2, up.receive(10).size());
      assertFalse(up.device().receiveQueue().enableInterrupts());
      up.model().receive(TestDevice.frame(3, 60));
      assertEquals(1, up.device().takeInterrupts());
      assertEquals(1, up.receive(10).size());
    }
  }
}
