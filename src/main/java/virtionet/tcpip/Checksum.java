package virtionet.tcpip;

import java.lang.foreign.MemorySegment;

/** The Internet checksum: one's complement sum of 16-bit words (RFC 1071). */
final class Checksum {
  private Checksum() {}

  /** Of these bytes; 0 over a range that carries its own right checksum. */
  static int of(MemorySegment bytes) {
    return finish(sum(bytes));
  }

  /**
   * Of these bytes below the pseudo header that UDP and TCP add: addresses, protocol, length (RFC
   * 768).
   */
  static int of(Ipv4Address source, Ipv4Address destination, int protocol, MemorySegment bytes) {
    long pseudo =
        Integer.toUnsignedLong(source.bits())
            + Integer.toUnsignedLong(destination.bits())
            + protocol
            + bytes.byteSize();
    return finish(pseudo + sum(bytes));
  }

  /** A sum of 32-bit words folds to the same as one of 16-bit words (RFC 1071 §2). */
  private static long sum(MemorySegment bytes) {
    long size = bytes.byteSize();
    long sum = 0;
    long offset = 0;
    for (; offset + Integer.BYTES <= size; offset += Integer.BYTES) {
      sum += Integer.toUnsignedLong(Wire.u32(bytes, offset));
    }
    if (offset + Short.BYTES <= size) {
      sum += Wire.u16(bytes, offset);
      offset += Short.BYTES;
    }
    if (offset < size) {
      sum += (long) Wire.u8(bytes, offset) << 8;
    }
    return sum;
  }

  private static int finish(long sum) {
    long folded = sum;
    while (folded >>> 16 != 0) {
      folded = (folded & 0xffff) + (folded >>> 16);
    }
    return (int) (~folded & 0xffff);
  }
}
