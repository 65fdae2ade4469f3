package virtionet.cli.bench.contender;

import java.lang.foreign.MemorySegment;
import virtionet.net.FrameBatch;

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
    fill(frame, 0);
  }

  private static void fill(MemorySegment memory, long offset) {
    MemorySegment.copy(HEADERS, 0, memory, offset, HEADERS.byteSize());
  }

  /** The same for each frame of a batch. */
  static void fill(FrameBatch batch) {
    for (int i = 0; i < batch.size(); i++) {
      fill(batch.memory(i), batch.offset(i));
    }
  }
}
