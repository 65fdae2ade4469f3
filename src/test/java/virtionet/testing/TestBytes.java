package virtionet.testing;

import java.util.SplittableRandom;
import java.util.function.IntFunction;

/** Frames that are known by their number. */
public final class TestBytes {
  public static final int SHORTEST = 14;
  public static final int MTU = 1500;
  public static final int LONGEST = MTU + SHORTEST;

  /** For local experiments (IEEE 802): nobody takes the payload for something else. */
  private static final int ETHER_TYPE = 0x88b5;

  private TestBytes() {}

  /** Bytes that only this number gives, all of them arbitrary but for a station's addresses. */
  public static byte[] frame(int number, int length) {
    byte[] bytes = new byte[length];
    new SplittableRandom(number).nextBytes(bytes);
    // Neither address is a group's.
    bytes[0] &= ~1;
    bytes[6] &= ~1;
    bytes[12] = (byte) (ETHER_TYPE >> 8);
    bytes[13] = (byte) ETHER_TYPE;
    return bytes;
  }

  /** Frames of that length. */
  public static IntFunction<byte[]> ofLength(int length) {
    return number -> frame(number, length);
  }

  /** Frames of all lengths, one after the other. */
  public static IntFunction<byte[]> ofEachLength() {
    return number -> frame(number, SHORTEST + number % (LONGEST - SHORTEST + 1));
  }
}
