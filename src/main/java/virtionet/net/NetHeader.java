package virtionet.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import virtionet.net.Offload.Segmentation;

/** The header that precedes each frame in its buffer, struct virtio_net_hdr (VirtIO 1.3 §5.1.6). */
final class NetHeader {
  static final int FLAGS = 0; // u8
  static final int GSO_TYPE = 1; // u8
  static final int HDR_LEN = 2; // u16
  static final int GSO_SIZE = 4; // u16, bytes
  static final int CSUM_START = 6; // u16, bytes from the frame's start
  static final int CSUM_OFFSET = 8; // u16, bytes from csum_start
  static final int NUM_BUFFERS = 10; // u16, not in the short legacy header
  static final int HASH_VALUE = 12; // u32, this and the rest only with HASH_REPORT
  static final int HASH_REPORT = 16; // u16, then u16 of padding

  static final int NEEDS_CSUM = 1;
  static final int DATA_VALID = 2;
  static final int RSC_INFO = 4;

  static final int GSO_NONE = 0;
  static final int GSO_TCPV4 = 1;
  static final int GSO_TCPV6 = 4;
  static final int GSO_UDP_L4 = 5;
  static final int GSO_ECN = 0x80;

  private static final int SHORT_LENGTH = 10;
  private static final int LENGTH = 12;
  private static final int HASH_LENGTH = 20;

  /** Bytes of the longest header that there is. */
  static final int LONGEST = HASH_LENGTH;

  /** Legacy devices use the machine's own order, and that is little-endian wherever we run. */
  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Answers of {@link #plain}. */
  static final int NOT_PLAIN = 0;

  static final int PLAIN = 1;
  static final int PLAIN_AND_VERIFIED = 2;

  private NetHeader() {}

  /**
   * Bytes of the header, the same both ways: all but legacy devices without MRG_RXBUF have
   * num_buffers (VirtIO 1.3 §5.1.6.1), and with HASH_REPORT three more fields follow it.
   */
  static int length(boolean legacy, boolean mergeable, boolean hashReport) {
    if (hashReport) {
      return HASH_LENGTH;
    }
    return legacy && !mergeable ? SHORT_LENGTH : LENGTH;
  }

  /**
   * Whether the header of a received frame says that it is one packet in one buffer, and perhaps
   * that its checksums are good, and nothing else at all. Each byte is read once.
   *
   * @return {@link #NOT_PLAIN} for all others, good or bad, and for headers with a hash
   */
  static int plain(
      MemorySegment buffers,
      long offset,
      int headerLength,
      boolean mergeable,
      OffloadFeatures features) {
    if (headerLength >= HASH_LENGTH) {
      return NOT_PLAIN;
    }
    long first = buffers.get(U64, offset);
    int rest =
        headerLength == LENGTH
            ? buffers.get(U32, offset + CSUM_OFFSET)
            : Short.toUnsignedInt(buffers.get(U16, offset + CSUM_OFFSET));
    boolean single = !mergeable || rest >>> Short.SIZE == 1;
    if ((first & ~DATA_VALID) != 0 || (rest & 0xffff) != 0 || !single) {
      return NOT_PLAIN;
    }
    return first != 0 && features.guestChecksum() ? PLAIN_AND_VERIFIED : PLAIN;
  }

  /** Notes the hash that the device reports (VirtIO 1.3 §5.1.6.4.5), if there is room for one. */
  static void readHash(MemorySegment buffers, long offset, int headerLength, Frame frame) {
    if (headerLength >= HASH_LENGTH) {
      frame.hash(
          buffers.get(U32, offset + HASH_VALUE),
          Short.toUnsignedInt(buffers.get(U16, offset + HASH_REPORT)));
    }
  }

  /** Writes a header that asks the device for nothing: all fields 0. */
  static void writePlain(MemorySegment buffers, long offset, int headerLength) {
    buffers.set(U64, offset, 0);
    switch (headerLength) {
      case LENGTH -> buffers.set(U32, offset + CSUM_OFFSET, 0);
      case SHORT_LENGTH -> buffers.set(U16, offset + CSUM_OFFSET, (short) 0);
      default -> {
        buffers.set(U64, offset + CSUM_OFFSET, 0);
        buffers.set(U32, offset + HASH_REPORT, 0);
      }
    }
  }

  /**
   * Writes what the device is to do (VirtIO 1.3 §5.1.6.2).
   *
   * @param offload that {@link OffloadRules} finds no problem with in this frame
   */
  static void write(
      MemorySegment buffers, long offset, int headerLength, Frame frame, Offload offload) {
    writePlain(buffers, offset, headerLength);
    buffers.set(ValueLayout.JAVA_BYTE, offset + FLAGS, (byte) NEEDS_CSUM);
    buffers.set(U16, offset + CSUM_START, (short) offload.checksumStart());
    buffers.set(U16, offset + CSUM_OFFSET, (short) offload.checksumOffset());
    if (!offload.needsSegmentation()) {
      // At least up to the checksum: of the payload's start nothing is known here.
      int most = offload.checksumStart() + offload.checksumOffset() + Short.BYTES;
      buffers.set(U16, offset + HDR_LEN, (short) transportEnd(frame, offload, most));
      return;
    }
    boolean tcp = offload.segmentation() != Segmentation.UDP_L4;
    int type =
        switch (offload.segmentation()) {
          case TCPV4 -> GSO_TCPV4;
          case TCPV6 -> GSO_TCPV6;
          case UDP_L4 -> GSO_UDP_L4;
          case NONE -> GSO_NONE;
        };
    int ecn = reducesWindow(frame, offload) ? GSO_ECN : 0;
    buffers.set(ValueLayout.JAVA_BYTE, offset + GSO_TYPE, (byte) (type | ecn));
    buffers.set(U16, offset + GSO_SIZE, (short) offload.segmentSize());
    buffers.set(
        U16, offset + HDR_LEN, (short) Packet.headerLength(frame, offload.checksumStart(), tcp));
  }

  /** Where the transport header ends when it is TCP's or UDP's; else what is known of it. */
  private static int transportEnd(Frame frame, Offload offload, int known) {
    int start = offload.checksumStart();
    int end =
        switch (offload.checksumOffset()) {
          case Packet.TCP_CHECKSUM -> start + 4 * (frame.u8(start + Packet.TCP_DATA_OFFSET) >> 4);
          case Packet.UDP_CHECKSUM -> start + Packet.UDP_HEADER;
          default -> known;
        };
    return Math.min(Math.max(end, known), frame.length());
  }

  /** Whether it is TCP that tells of a smaller congestion window: not every device can cut that. */
  static boolean reducesWindow(Frame frame, Offload offload) {
    return (offload.segmentation() == Segmentation.TCPV4
            || offload.segmentation() == Segmentation.TCPV6)
        && (frame.u8(offload.checksumStart() + Packet.TCP_FLAGS) & Packet.TCP_CWR) != 0;
  }

  /** In how many buffers the frame lies, as the device says; only with MRG_RXBUF. */
  static int buffers(MemorySegment buffers, long offset) {
    return Short.toUnsignedInt(buffers.get(U16, offset + NUM_BUFFERS));
  }

  /**
   * Reads what the device says of a received frame, each field once (VirtIO 1.3 §5.1.6.4). It was
   * not yet compared with the frame. Of fields whose feature was not negotiated nothing is
   * believed.
   *
   * @return null when no frame can be so: segmentation of a kind that was not negotiated or does
   *     not exist, or a checksum from the first byte on
   */
  static @Nullable Offload read(MemorySegment buffers, long offset, OffloadFeatures features) {
    int flags = Byte.toUnsignedInt(buffers.get(ValueLayout.JAVA_BYTE, offset + FLAGS));
    int gso = Byte.toUnsignedInt(buffers.get(ValueLayout.JAVA_BYTE, offset + GSO_TYPE));
    if (!features.guestChecksum()) {
      return gso == GSO_NONE ? Offload.NONE : null;
    }
    // With RSC_INFO the two fields count segments instead.
    boolean partial = (flags & (NEEDS_CSUM | RSC_INFO)) == NEEDS_CSUM;
    if (gso == GSO_NONE && !partial) {
      return (flags & DATA_VALID) != 0 ? Offload.VERIFIED : Offload.NONE;
    }
    Segmentation segmentation;
    switch (gso & ~GSO_ECN) {
      case GSO_NONE -> segmentation = Segmentation.NONE;
      case GSO_TCPV4 -> segmentation = Segmentation.TCPV4;
      case GSO_TCPV6 -> segmentation = Segmentation.TCPV6;
      case GSO_UDP_L4 -> segmentation = Segmentation.UDP_L4;
      default -> {
        return null;
      }
    }
    boolean ecn = (gso & GSO_ECN) != 0;
    boolean tcp = segmentation == Segmentation.TCPV4 || segmentation == Segmentation.TCPV6;
    if (!features.receives(segmentation) || (ecn && !(tcp && features.guestEcn()))) {
      return null;
    }
    int start = partial ? Short.toUnsignedInt(buffers.get(U16, offset + CSUM_START)) : 0;
    if (partial && start == 0) {
      // An offload without a checksum has this number.
      return null;
    }
    return new Offload(
        start,
        partial ? Short.toUnsignedInt(buffers.get(U16, offset + CSUM_OFFSET)) : 0,
        segmentation,
        tcp || segmentation == Segmentation.UDP_L4
            ? Short.toUnsignedInt(buffers.get(U16, offset + GSO_SIZE))
            : 0,
        ecn,
        0,
        (flags & DATA_VALID) != 0);
  }
}
