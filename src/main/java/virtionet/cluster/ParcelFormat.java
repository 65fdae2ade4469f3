package virtionet.cluster;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import virtionet.net.Frame;
import virtionet.net.Offload;
import virtionet.net.Offload.Segmentation;
import virtionet.stream.FrameParcel;

/**
 * A parcel's bytes, version 1. A frame's hash stays behind: only a device makes one.
 *
 * <p>The bytes are, in network order: the number of frames (u32), then each.
 *
 * <table>
 *   <caption>A frame</caption>
 *   <tr><td>u32</td><td>bytes of the frame</td></tr>
 *   <tr><td>u8</td><td>what is left to do: 0 nothing, 1 nothing and verified, 2 as follows</td></tr>
 *   <tr><td>u16 × 4</td><td>with 2: checksum's start and offset, segment size, headers' length</td></tr>
 *   <tr><td>u8 × 3</td><td>with 2: segmentation, ECN, verified</td></tr>
 *   <tr><td></td><td>the frame</td></tr>
 * </table>
 */
final class ParcelFormat {
  private static final int COUNT_BYTES = 4;
  private static final int HEAD_BYTES = 5;
  private static final int OFFLOAD_BYTES = 11;
  private static final byte NOTHING = 0;
  private static final byte VERIFIED = 1;
  private static final byte SOMETHING = 2;

  private static final List<Segmentation> SEGMENTATIONS =
      List.of(Segmentation.NONE, Segmentation.TCPV4, Segmentation.TCPV6, Segmentation.UDP_L4);

  private ParcelFormat() {}

  static byte[] write(FrameParcel parcel) {
    int size = COUNT_BYTES;
    for (Frame frame : parcel.frames()) {
      size += HEAD_BYTES + frame.length();
      size += kind(frame.offload()) == SOMETHING ? OFFLOAD_BYTES : 0;
    }
    ByteBuffer to = ByteBuffer.allocate(size).putInt(parcel.frames().size());
    for (Frame frame : parcel.frames()) {
      to.putInt(frame.length());
      write(frame.offload(), to);
      MemorySegment.ofBuffer(to).copyFrom(frame.segment());
      to.position(to.position() + frame.length());
    }
    return to.array();
  }

  private static byte kind(Offload offload) {
    if (offload.equals(Offload.NONE)) {
      return NOTHING;
    }
    return offload.equals(Offload.VERIFIED) ? VERIFIED : SOMETHING;
  }

  private static void write(Offload offload, ByteBuffer to) {
    byte kind = kind(offload);
    to.put(kind);
    if (kind == SOMETHING) {
      to.putShort((short) offload.checksumStart()).putShort((short) offload.checksumOffset());
      to.putShort((short) offload.segmentSize()).putShort((short) offload.headerLength());
      to.put((byte) SEGMENTATIONS.indexOf(offload.segmentation()));
      to.put((byte) (offload.ecn() ? 1 : 0)).put((byte) (offload.verified() ? 1 : 0));
    }
  }

  /**
   * @throws RuntimeException when these bytes are no parcel
   */
  static FrameParcel read(byte[] bytes) {
    ByteBuffer from = ByteBuffer.wrap(bytes);
    int count = from.getInt();
    if (count < 0 || count > from.remaining() / HEAD_BYTES) {
      throw new IllegalArgumentException(count + " frames");
    }
    List<Frame> frames = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int length = from.getInt();
      Offload offload = readOffload(from);
      if (length < 0 || length > from.remaining()) {
        throw new IllegalArgumentException("a frame of %d bytes".formatted(length));
      }
      byte[] frame = new byte[length];
      from.get(frame);
      frames.add(Frame.wrap(frame).offload(offload));
    }
    if (from.hasRemaining()) {
      throw new IllegalArgumentException(from.remaining() + " bytes beyond the last frame");
    }
    return new FrameParcel(frames);
  }

  private static Offload readOffload(ByteBuffer from) {
    byte kind = from.get();
    return switch (kind) {
      case NOTHING -> Offload.NONE;
      case VERIFIED -> Offload.VERIFIED;
      case SOMETHING -> {
        int start = Short.toUnsignedInt(from.getShort());
        int offset = Short.toUnsignedInt(from.getShort());
        int size = Short.toUnsignedInt(from.getShort());
        int headers = Short.toUnsignedInt(from.getShort());
        Segmentation segmentation = SEGMENTATIONS.get(from.get());
        boolean ecn = from.get() != 0;
        yield new Offload(start, offset, segmentation, size, ecn, headers, from.get() != 0);
      }
      default -> throw new IllegalArgumentException("an offload of kind " + kind);
    };
  }
}
