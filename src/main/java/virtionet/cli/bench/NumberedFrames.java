package virtionet.cli.bench;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/**
 * Frames of one size with a number in each: destination, source, a type for experiments, the number
 * and bytes that only this number gives (as far as {@value #PATTERNS} are told apart). Not
 * thread-safe.
 */
final class NumberedFrames {
  /** Before the bytes that only fill: addresses, type (IEEE 802, local experiments), number. */
  static final int HEAD = 6 + 6 + 2 + Long.BYTES;

  private static final int NUMBER = 14;
  private static final short TYPE = (short) 0x88b5;
  private static final byte[] SOURCE = {2, 0, 0, 0, 0, 1};
  private static final int PATTERNS = 251;

  private final ByteBuffer frame;
  private final ByteBuffer pattern;

  /**
   * @param size bytes of a frame, at least {@value #HEAD}
   * @param destination six bytes
   */
  NumberedFrames(int size, byte[] destination) {
    frame = ByteBuffer.allocateDirect(size);
    frame.put(destination).put(SOURCE).putShort(TYPE);
    byte[] bytes = new byte[size + PATTERNS];
    new SplittableRandom(size).nextBytes(bytes);
    pattern = ByteBuffer.allocateDirect(bytes.length).put(bytes);
  }

  /** The frame with this number; good until the next call. */
  ByteBuffer frame(long number) {
    frame.putLong(NUMBER, number);
    int fill = frame.capacity() - HEAD;
    frame.put(HEAD, pattern, (int) (number % PATTERNS), fill);
    return frame.rewind();
  }

  /** The number of a frame of this kind; -1: it is another one's, which is none of our business. */
  long number(ByteBuffer received) {
    if (received.position() < HEAD || received.getShort(NUMBER - Short.BYTES) != TYPE) {
      return -1;
    }
    return received.getLong(NUMBER);
  }

  /** Whether each byte up to the position is as it was sent. */
  boolean isUnchanged(ByteBuffer received, long number) {
    ByteBuffer sent = frame(number);
    return received.position() == sent.capacity()
        && received.slice(0, sent.capacity()).mismatch(sent) < 0;
  }
}
