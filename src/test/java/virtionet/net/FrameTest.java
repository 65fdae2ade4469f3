package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class FrameTest {
  private final TestFrames frames = new TestFrames();

  @Test
  void aReleaseGivesTheBufferBackOnce() {
    Frame frame = frames.make(60);
    frame.release();
    assertEquals(1, frames.released());
    assertTrue(frame.isReleased());
  }

  @Test
  void aSecondReleaseIsRefusedAndNamesTheRule() {
    Frame frame = frames.make(60);
    frame.release();
    var refusal = assertThrows(IllegalStateException.class, frame::release);
    assertTrue(String.valueOf(refusal.getMessage()).contains("one holder"));
    assertEquals(1, frames.released());
  }

  @Test
  void aReleasedFrameShowsNoBytes() {
    Frame frame = frames.make(60);
    frame.release();
    assertThrows(IllegalStateException.class, frame::segment);
    assertThrows(IllegalStateException.class, frame::toByteArray);
    assertThrows(IllegalStateException.class, frame::copy);
  }

  @Test
  void aCopyOutlivesItsOriginal() {
    Frame frame = frames.make(new byte[] {1, 2, 3});
    Frame copy = frame.copy();
    frame.release();
    assertFalse(copy.isReleased());
    assertArrayEquals(new byte[] {1, 2, 3}, copy.toByteArray());
  }

  @Test
  void copyOfDoesNotSeeLaterChangesButWrapDoes() {
    byte[] bytes = {1, 2, 3};
    Frame copied = Frame.copyOf(bytes);
    Frame wrapped = Frame.wrap(bytes);
    bytes[0] = 9;
    assertArrayEquals(new byte[] {1, 2, 3}, copied.toByteArray());
    assertArrayEquals(new byte[] {9, 2, 3}, wrapped.toByteArray());
  }
}
