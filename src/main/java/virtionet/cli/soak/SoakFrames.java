package virtionet.cli.soak;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import virtionet.net.MacAddress;

/**
 * Frames that only one seed and one number give: addresses, a type for experiments (IEEE 802), the
 * number, and bytes; of 60 to 1514 bytes. Any thread.
 */
record SoakFrames(long seed) {
  /** No frame of this kind. */
  static final int FOREIGN = -1;

  /** One of this kind, but not as it was sent. */
  static final int CHANGED = -2;

  private static final int SHORTEST = 60;
  private static final int LONGEST = 1514;
  private static final int ADDRESS = 6;
  private static final int TYPE_AT = 2 * ADDRESS;
  private static final int NUMBER_AT = TYPE_AT + Short.BYTES;
  private static final short TYPE = (short) 0x88b5;
  private static final MacAddress FAR = new MacAddress(0x02_00_00_00_00_01L);

  /** The frame with that number, to the far end. */
  byte[] frame(int number, MacAddress from) {
    byte[] frame = body(number);
    put(frame, 0, FAR);
    put(frame, ADDRESS, from);
    return frame;
  }

  private byte[] body(int number) {
    var random = new SplittableRandom(seed + number);
    byte[] frame = new byte[random.nextInt(SHORTEST, LONGEST + 1)];
    random.nextBytes(frame);
    ByteBuffer.wrap(frame).putShort(TYPE_AT, TYPE).putInt(NUMBER_AT, number);
    return frame;
  }

  private static void put(byte[] frame, int at, MacAddress address) {
    ByteBuffer.wrap(frame, at, ADDRESS)
        .putShort((short) (address.bits() >>> 32))
        .putInt((int) address.bits());
  }

  /** The number of a frame, whichever way it goes; or {@link #FOREIGN}, or {@link #CHANGED}. */
  int number(byte[] frame) {
    if (frame.length < SHORTEST || ByteBuffer.wrap(frame).getShort(TYPE_AT) != TYPE) {
      return FOREIGN;
    }
    int number = ByteBuffer.wrap(frame).getInt(NUMBER_AT);
    byte[] sent = body(number);
    return Arrays.equals(frame, TYPE_AT, frame.length, sent, TYPE_AT, sent.length)
        ? number
        : CHANGED;
  }

  /** The same frame on its way back. */
  static byte[] turned(byte[] frame) {
    byte[] back = frame.clone();
    System.arraycopy(frame, 0, back, ADDRESS, ADDRESS);
    System.arraycopy(frame, ADDRESS, back, 0, ADDRESS);
    return back;
  }
}
