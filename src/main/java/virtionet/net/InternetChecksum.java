package virtionet.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The Internet checksum over parts of frames: one's complement sum of 16-bit words (RFC 1071). */
final class InternetChecksum {
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;

  private InternetChecksum() {}

  /** Of a frame's bytes from there to its end, folded to 16 bits and not complemented. */
  static int sum(Frame frame, int from) {
    long sum = 0;
    int skip = from;
    boolean odd = false;
    for (int i = 0; i < frame.segmentCount(); i++) {
      MemorySegment piece = frame.piece(i);
      int size = (int) piece.byteSize();
      if (skip >= size) {
        skip -= size;
        continue;
      }
      int part = fold(sum(piece, skip, size));
      // After an odd number of bytes each further one stands in the other half of its word.
      sum += odd ? Integer.reverseBytes(part) >>> 16 : part;
      odd ^= (size - skip) % 2 != 0;
      skip = 0;
    }
    return fold(sum);
  }

  /** Of these bytes; not folded. A sum of 32-bit words folds to that of 16-bit ones. */
  static long sum(MemorySegment bytes, long from, long to) {
    long sum = 0;
    long at = from;
    for (; at + Integer.BYTES <= to; at += Integer.BYTES) {
      sum += Integer.toUnsignedLong(bytes.get(U32, at));
    }
    for (int shift = 24; at < to; at++, shift -= 8) {
      sum += Byte.toUnsignedLong(bytes.get(U8, at)) << shift;
    }
    return sum;
  }

  /** A sum in 16 bits. */
  static int fold(long sum) {
    long folded = (sum >>> 32) + (sum & 0xffff_ffffL);
    while (folded >>> 16 != 0) {
      folded = (folded & 0xffff) + (folded >>> 16);
    }
    return (int) folded;
  }

  /** What goes into the field; never 0, which would say in UDP that there is none. */
  static int complement(int folded) {
    int checksum = ~folded & 0xffff;
    return checksum == 0 ? 0xffff : checksum;
  }
}
