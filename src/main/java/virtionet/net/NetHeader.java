package virtionet.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The header that precedes each frame in its buffer, struct virtio_net_hdr (VirtIO 1.3 §5.1.6). */
final class NetHeader {
  static final int FLAGS = 0; // u8
  static final int GSO_TYPE = 1; // u8
  static final int HDR_LEN = 2; // u16
  static final int GSO_SIZE = 4; // u16, bytes
  static final int CSUM_START = 6; // u16, bytes from the frame's start
  static final int CSUM_OFFSET = 8; // u16, bytes from csum_start
  static final int NUM_BUFFERS = 10; // u16, not in the short legacy header

  static final int GSO_NONE = 0;

  private static final int LEGACY_LENGTH = 10;
  private static final int LENGTH = 12;

  private NetHeader() {}

  /** Bytes of the header: the modern one always has num_buffers (VirtIO 1.3 §5.1.6.1). */
  static int length(boolean legacy) {
    return legacy ? LEGACY_LENGTH : LENGTH;
  }

  /** Writes a header that asks the device for nothing: all fields 0. */
  static void writePlain(MemorySegment buffers, long offset, int headerLength) {
    buffers.asSlice(offset, headerLength).fill((byte) 0);
  }

  static int gsoType(MemorySegment buffers, long offset) {
    return Byte.toUnsignedInt(buffers.get(ValueLayout.JAVA_BYTE, offset + GSO_TYPE));
  }
}
