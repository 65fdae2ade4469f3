package virtionet.cli.bench.contender;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What a contender is to do.
 *
 * @param mode with which frames
 * @param size bytes of a frame that it makes
 */
public record Traffic(Mode mode, int size) {
  /** Ethernet, IPv4 and UDP: as much as DPDK's own sender writes into each frame. */
  private static final MemorySegment HEADERS = headers();

  private static MemorySegment headers() {
    byte[] bytes = new byte[14 + 20 + 8];
    byte[] ethernet = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, (byte) 0x88, (byte) 0xb5};
    System.arraycopy(ethernet, 0, bytes, 0, ethernet.length);
    return MemorySegment.ofArray(bytes);
  }

  /** Writes the first bytes of a frame that is made. */
  static void fill(MemorySegment frame) {
    MemorySegment.copy(HEADERS, ValueLayout.JAVA_BYTE, 0, frame, ValueLayout.JAVA_BYTE, 0, 42);
  }
}
