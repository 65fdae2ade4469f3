package virtionet.fuzz;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import virtionet.testing.DeviceSideRing.Chain;
import virtionet.testing.DeviceSideRing.Piece;

/**
 * A receive buffer's stay with the device. It is marked as soon as it is taken: with a number that
 * only it has, where a frame begins, and with canaries, which the driver must hand to nobody unless
 * the device says that it wrote them.
 */
final class Passage {
  static final byte CANARY = (byte) 0xee;

  /** Bytes of the mark. */
  static final int MARK = Long.BYTES;

  private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;

  private final Chain chain;
  private final int header;
  private final long mark;
  private final List<Long> claims = new ArrayList<>();
  private int written;

  /** Where the driver puts a checksum that the device asks it for; nowhere, else. */
  private int checksumAt = Integer.MIN_VALUE;

  private boolean tampered;

  /**
   * @param number that no other passage has
   * @param header bytes before the frame
   */
  Passage(Chain chain, int header, long number, boolean mergeable) {
    this.chain = chain;
    this.header = header;
    // Spread, so that no flipped bit makes another passage's mark of it.
    mark = number * 0x9e37_79b9_7f4a_7c15L;
    byte[] start = new byte[header + MARK];
    if (mergeable) {
      start[10] = 1;
    }
    MemorySegment.ofArray(start).set(U64, header, mark);
    chain.pieces().stream().map(Piece::bytes).forEach(bytes -> bytes.fill(CANARY));
    chain.write(start);
  }

  /** The mark of a frame. */
  static long markOf(byte[] frame) {
    return MemorySegment.ofArray(frame).get(U64, 0);
  }

  long mark() {
    return mark;
  }

  Chain chain() {
    return chain;
  }

  /** Bytes for a frame. */
  int room() {
    return (int) chain.writable() - header;
  }

  /** The device writes a frame of that length, with this header before it. */
  void write(byte[] said, int length) {
    byte[] all = new byte[header + length];
    System.arraycopy(said, 0, all, 0, header);
    for (int at = 0; at < length; at++) {
      all[header + at] = expected(at);
    }
    written = length;
    if ((said[0] & 1) != 0) {
      checksumAt = u16(said, 6) + u16(said, 8);
    }
    chain.write(all);
  }

  private static int u16(byte[] bytes, int at) {
    return (bytes[at] & 0xff) | ((bytes[at + 1] & 0xff) << 8);
  }

  /** A byte of the frame as the device left it. */
  private byte expected(int at) {
    if (at < MARK) {
      return (byte) (mark >>> (8 * at));
    }
    return at == 12 ? 0x08 : (byte) (31L * at + mark);
  }

  /** The device says that it wrote so many bytes, header included. */
  void claim(long bytes) {
    claims.add(bytes);
  }

  /** Its bytes are no more what the device left there. */
  void tamper() {
    tampered = true;
  }

  /** What is wrong with a frame that the driver made of it, or nothing. */
  String problem(byte[] frame) {
    boolean said = false;
    for (long claim : claims) {
      said |= claim - header == frame.length;
    }
    if (!said) {
      return "a frame of %d bytes, but the device said %s with a header of %d"
          .formatted(frame.length, claims, header);
    }
    for (int at = 0; !tampered && at < frame.length; at++) {
      byte right = at < Math.max(written, MARK) ? expected(at) : CANARY;
      if (frame[at] != right && at != checksumAt && at != checksumAt + 1) {
        return "byte %d of a frame of %d is 0x%02x, and the device wrote 0x%02x"
            .formatted(at, frame.length, frame[at], right);
      }
    }
    return "";
  }
}
