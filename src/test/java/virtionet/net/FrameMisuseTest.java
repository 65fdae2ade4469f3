package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.net.TransmitQueue.Outcome;
import virtionet.testing.ModelSettings;
import virtionet.testing.TestPackets;
import virtionet.testing.TestPackets.Kind;

/** A frame in hands that do not keep to the rules: they are told, and no other frame suffers. */
class FrameMisuseTest {
  private static final int QUEUE = 8;

  private static TestDevice up() {
    return TestDevice.up(ModelSettings.modern(), TestDevice.netSettings(QUEUE));
  }

  private static Frame taken(TestDevice up, int length) {
    return up.device().transmitQueue().allocate(length).orElseThrow();
  }

  private static Outcome send(TestDevice up, Frame frame) {
    Outcome outcome = up.device().transmitQueue().send(frame);
    up.device().transmitQueue().flush();
    up.device().transmitQueue().reap();
    return outcome;
  }

  /** A frame in a device buffer that was released, whose buffer another frame has by now. */
  private static void withAnother(Consumer<Frame> misuse) {
    try (TestDevice up = up()) {
      byte[] packet = TestPackets.packet(Kind.udpV4(), 40, 1, 0);
      Frame released = taken(up, packet.length);
      released.segment().copyFrom(MemorySegment.ofArray(packet));
      released.release();
      List<Frame> others = new ArrayList<>();
      for (int i = 0; i < QUEUE; i++) {
        Frame other = taken(up, packet.length);
        other.segment().copyFrom(MemorySegment.ofArray(packet));
        others.add(other);
      }
      misuse.accept(released);
      for (Frame other : others) {
        assertArrayEquals(packet, other.toByteArray());
        other.release();
      }
    }
  }

  static Stream<Map.Entry<String, Consumer<Frame>>> uses() {
    VlanTag tag = VlanTag.of(5);
    return Stream.of(
        Map.entry("segment", Frame::segment),
        Map.entry("segment(0)", frame -> frame.segment(0)),
        Map.entry("gather", Frame::gather),
        Map.entry("toByteArray", Frame::toByteArray),
        Map.entry("copy", Frame::copy),
        Map.entry("offload", frame -> frame.offload(Offload.NONE)),
        Map.entry("release", Frame::release),
        Map.entry("prepare", Offloads::prepare),
        Map.entry("problem", frame -> Offloads.problem(frame, 1500)),
        Map.entry("plain", Offloads::plain),
        Map.entry("VlanTag.read", VlanTag::read),
        Map.entry("VlanTag.push", frame -> tag.push(frame, Frame::ofLength)),
        Map.entry("VlanTag.pop", frame -> VlanTag.pop(frame, Frame::ofLength)));
  }

  @ParameterizedTest
  @MethodSource("uses")
  void aReleasedFrameIsOfNoUseAndNoOtherIsTouched(Map.Entry<String, Consumer<Frame>> use) {
    withAnother(
        released -> {
          var refusal =
              assertThrows(IllegalStateException.class, () -> use.getValue().accept(released));
          String message = String.valueOf(refusal.getMessage());
          assertTrue(
              message.contains("released twice: it has one holder at a time")
                  || message.contains("used after its release: copy it to keep it"),
              message);
        });
  }

  @Test
  void whatAReleasedFrameWasCanStillBeAsked() {
    withAnother(
        released -> {
          assertTrue(released.isReleased());
          assertEquals(1, released.segmentCount());
          assertEquals(Offload.NONE, released.offload());
          assertTrue(released.hash().isEmpty());
          assertTrue(released.toString().contains("released"));
          assertDoesNotThrow(() -> released.touch("nobody"));
        });
  }

  @Test
  void aReleasedFrameIsNotSent() {
    try (TestDevice up = up()) {
      Frame frame = taken(up, 60);
      frame.release();
      assertEquals(Outcome.NOT_HELD, send(up, frame));
      assertEquals(1, up.count(Counter.REFUSED_RELEASED));
      assertEquals(List.of(), up.model().takeTransmitted());
    }
  }

  @Test
  void aFrameIsSentOnceAndIsThenNobodysToUse() {
    try (TestDevice up = up()) {
      Frame frame = taken(up, 60);
      assertEquals(Outcome.QUEUED, up.device().transmitQueue().send(frame));
      assertEquals(Outcome.NOT_HELD, up.device().transmitQueue().send(frame));
      assertThrows(IllegalStateException.class, frame::segment);
      assertThrows(IllegalStateException.class, frame::release);
      up.device().transmitQueue().flush();
      up.device().transmitQueue().reap();
      assertEquals(1, up.model().takeTransmitted().size());
    }
  }

  @Test
  void aFrameOfAnotherDeviceIsCopiedAndItsBufferGoesHome() {
    try (TestDevice here = up();
        TestDevice there = up()) {
      byte[] bytes = TestDevice.frame(3, 60);
      assertTrue(there.model().receive(bytes));
      List<Frame> foreign = new ArrayList<>();
      there.device().receiveQueue().receive(foreign::add, 1);
      assertEquals(1, there.device().kept().buffers().lent());
      assertEquals(Outcome.QUEUED, send(here, foreign.getFirst()));
      assertEquals(1, here.count(Counter.TRANSMIT_COPIES));
      assertEquals(0, there.device().kept().buffers().lent());
      assertArrayEquals(bytes, here.model().takeTransmitted().getFirst());
    }
  }

  @Test
  void aFrameOfADeviceThatHasEndedIsCopiedAndThenItsMemoryGoesBack() {
    try (TestDevice here = up()) {
      TestDevice there = up();
      Frame held = taken(there, 60);
      there.device().end();
      assertEquals(Outcome.QUEUED, send(here, held));
      assertEquals(1, here.count(Counter.TRANSMIT_COPIES));
      assertEquals(0, there.device().kept().buffers().total());
      assertEquals(32 << 20, there.machine().memory().available());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 13})
  void whatIsShorterThanAnEthernetHeaderIsRefusedAndReleased(int length) {
    try (TestDevice up = up()) {
      assertEquals(Outcome.TOO_SHORT, send(up, taken(up, length)));
      assertEquals(Outcome.TOO_SHORT, send(up, Frame.ofLength(length)));
      assertEquals(2, up.count(Counter.REFUSED_SHORT));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1515, 65_536, 1 << 20})
  void whatIsLongerThanTheMtuAllowsIsRefusedAndReleased(int length) {
    try (TestDevice up = up()) {
      assertEquals(Outcome.TOO_LONG, send(up, Frame.ofLength(length)));
      assertEquals(1, up.count(Counter.REFUSED_LONG));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, -1, 1 << 20, Integer.MAX_VALUE})
  void noBufferIsGivenForALengthThatNoneHas(int length) {
    try (TestDevice up = up()) {
      assertTrue(up.device().transmitQueue().allocate(length).isEmpty());
      assertEquals(0, up.device().lentBuffers());
    }
  }

  @Test
  void aLengthBelowZeroAndASegmentThatIsNotThereAreRefused() {
    var refusal = assertThrows(IllegalArgumentException.class, () -> Frame.ofLength(-1));
    assertTrue(String.valueOf(refusal.getMessage()).contains("-1 bytes"));
    Frame frame = Frame.ofLength(60);
    for (int index : new int[] {Integer.MIN_VALUE, -1, 1, Integer.MAX_VALUE}) {
      assertThrows(IndexOutOfBoundsException.class, () -> frame.segment(index));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 60, Long.MAX_VALUE})
  void nothingBesideAFramesOwnBytesIsWithinReach(long offset) {
    try (TestDevice up = up()) {
      Frame frame = taken(up, 60);
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> frame.segment().set(ValueLayout.JAVA_BYTE, offset, (byte) 1));
      assertThrows(IndexOutOfBoundsException.class, () -> frame.segment().asSlice(offset, 1));
      frame.release();
    }
  }

  @Test
  void anAllocatorThatGivesAnotherLengthIsRefusedAndTheFrameStaysHeld() {
    var frames = new TestFrames();
    Frame frame = frames.make(60);
    Executable push = () -> VlanTag.of(1).push(frame, length -> frames.make(length + 1));
    assertThrows(IllegalArgumentException.class, push);
    assertFalse(frame.isReleased());
    frame.release();
    assertEquals(0, frames.held());
  }
}
