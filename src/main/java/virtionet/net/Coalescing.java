package virtionet.net;

import java.nio.ByteBuffer;

/**
 * How many packets, and how long, a device waits before it interrupts (VirtIO 1.3 §5.1.6.5.9).
 *
 * @param maxPackets at most so many packets wait; 0 to 2^32 - 1
 * @param maxMicroseconds at most so long; 0 to 2^32 - 1
 */
public record Coalescing(long maxPackets, long maxMicroseconds) {
  static final int LENGTH = 8;

  private static final long LARGEST = 0xffff_ffffL;

  public Coalescing {
    require("packets", maxPackets);
    require("microseconds", maxMicroseconds);
  }

  private static void require(String what, long value) {
    if (value < 0 || value > LARGEST) {
      throw new IllegalArgumentException(
          "coalescing of %d %s: must be from 0 to %d".formatted(value, what, LARGEST));
    }
  }

  void encode(ByteBuffer data) {
    data.putInt((int) maxPackets).putInt((int) maxMicroseconds);
  }

  /** Reads what a device wrote: any value is one. */
  static Coalescing decode(ByteBuffer data) {
    return new Coalescing(
        Integer.toUnsignedLong(data.getInt()), Integer.toUnsignedLong(data.getInt()));
  }
}
