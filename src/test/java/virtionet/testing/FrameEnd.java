package virtionet.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.function.IntFunction;

/** One end of a wire, for the test's own thread. */
public interface FrameEnd {
  /** Frames on their way at once: so many full ones fit into a UDP socket's usual buffer. */
  int WINDOW = 64;

  void send(byte[] frame) throws Exception;

  /** The next frame; fails when none comes. */
  byte[] receive() throws Exception;

  /** Sends frames from here to there, and checks that each arrives, unchanged and in order. */
  default void carry(FrameEnd there, int count, int window, IntFunction<byte[]> frames)
      throws Exception {
    int sent = 0;
    for (int came = 0; came < count; came++) {
      while (sent < count && sent - came < window) {
        send(frames.apply(sent++));
      }
      int number = came;
      assertArrayEquals(frames.apply(number), there.receive(), () -> "frame " + number);
    }
  }

  /** The same with a window that suits frames of every length. */
  default void carry(FrameEnd there, int count, IntFunction<byte[]> frames) throws Exception {
    carry(there, count, WINDOW, frames);
  }
}
