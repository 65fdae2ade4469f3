package virtionet.testing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The device's side of the header before each frame (VirtIO 1.3 §5.1.6): what a driver must say in
 * it, checked against the frame itself.
 */
public final class ModelOffloads {
  public static final int NEEDS_CSUM = 1;
  public static final int DATA_VALID = 2;
  public static final int TCPV4 = 1;
  public static final int UDP = 3;
  public static final int TCPV6 = 4;
  public static final int UDP_L4 = 5;
  public static final int ECN = 0x80;

  private static final int CSUM = 0;
  private static final int MTU = 3;
  private static final int HOST_TSO4 = 11;
  private static final int HOST_TSO6 = 12;
  private static final int HOST_ECN = 13;
  private static final int HOST_UFO = 14;
  private static final int HOST_USO = 56;
  private static final int GUEST_HDRLEN = 59;

  /**
   * The header's fields.
   *
   * @param numBuffers 0 where there is no such field
   */
  public record Header(
      int flags, int gsoType, int hdrLen, int gsoSize, int start, int offset, int numBuffers) {

    public static Header of(byte[] bytes) {
      ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      return new Header(
          header.get(0) & 0xff,
          header.get(1) & 0xff,
          header.getShort(2) & 0xffff,
          header.getShort(4) & 0xffff,
          header.getShort(6) & 0xffff,
          header.getShort(8) & 0xffff,
          bytes.length < 12 ? 0 : header.getShort(10) & 0xffff);
    }

    /** A header that speaks of a checksum to be completed. */
    public static Header checksum(int start, int offset) {
      return new Header(NEEDS_CSUM, 0, 0, 0, start, offset, 0);
    }

    /** The same, and of segmentation. */
    public Header segmented(int type, int size) {
      return new Header(flags, type, hdrLen, size, start, offset, numBuffers);
    }

    public Header withFlags(int newFlags) {
      return new Header(newFlags, gsoType, hdrLen, gsoSize, start, offset, numBuffers);
    }

    public Header withHdrLen(int newLength) {
      return new Header(flags, gsoType, newLength, gsoSize, start, offset, numBuffers);
    }

    public Header withBuffers(int buffers) {
      return new Header(flags, gsoType, hdrLen, gsoSize, start, offset, buffers);
    }

    public byte[] bytes(int length) {
      ByteBuffer header = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
      header.put(0, (byte) flags).put(1, (byte) gsoType);
      header.putShort(2, (short) hdrLen).putShort(4, (short) gsoSize);
      header.putShort(6, (short) start).putShort(8, (short) offset);
      if (length >= 12) {
        header.putShort(10, (short) numBuffers);
      }
      return header.array();
    }
  }

  private final List<String> violations = new ArrayList<>();
  private final Header header;
  private final byte[] frame;
  private final long features;

  private ModelOffloads(byte[] header, byte[] frame, long features) {
    this.header = Header.of(header);
    this.frame = frame;
    this.features = features;
  }

  /**
   * What the driver must not have done.
   *
   * @param features that were negotiated
   * @param mtu of the device
   */
  static List<String> check(byte[] header, byte[] frame, long features, int mtu) {
    var check = new ModelOffloads(header, frame, features);
    check.checkFlags();
    check.checkSegmentation();
    check.checkLength(mtu);
    return check.violations;
  }

  private void checkFlags() {
    require(header.numBuffers() == 0, "num_buffers is not 0");
    require((header.flags() & ~NEEDS_CSUM) == 0, "a flag other than NEEDS_CSUM is set");
    if (header.flags() == 0) {
      return;
    }
    require(has(CSUM), "NEEDS_CSUM without CSUM");
    if (header.start() < 14 || header.start() + header.offset() + 2 > frame.length) {
      violations.add("the checksum lies outside of the frame: " + header);
      return;
    }
    try {
      TestPackets.assertRight(TestPackets.completed(frame, header.start(), header.offset()));
      int headers = TestPackets.kindOf(frame).headerLength();
      require(header.hdrLen() >= headers, "hdr_len is less than the headers");
    } catch (AssertionError e) {
      violations.add("completed, the frame is not right: " + e.getMessage());
    }
  }

  private void checkSegmentation() {
    int type = header.gsoType();
    if (type == 0) {
      require(header.gsoSize() == 0, "gso_size without segmentation");
      require(header.flags() != 0 || header.hdrLen() == 0, "hdr_len in a plain header");
      return;
    }
    int feature =
        switch (type & ~ECN) {
          case TCPV4 -> HOST_TSO4;
          case TCPV6 -> HOST_TSO6;
          case UDP -> HOST_UFO;
          case UDP_L4 -> HOST_USO;
          default -> -1;
        };
    require(feature >= 0 && has(feature), "segmentation of a kind that was not negotiated");
    require(header.flags() == NEEDS_CSUM, "segmentation without NEEDS_CSUM");
    require(header.gsoSize() > 0, "gso_size is 0");
    TestPackets.Kind kind = TestPackets.kindOf(frame);
    boolean tcp = (type & ~ECN) == TCPV4 || (type & ~ECN) == TCPV6;
    require(kind.tcp() == tcp, "segmentation of another protocol");
    require(
        (type & ~ECN) == UDP_L4 || kind.ipv6() == ((type & ~ECN) == TCPV6), "another IP version");
    require(
        !has(GUEST_HDRLEN) || header.hdrLen() == kind.headerLength(),
        "hdr_len is not the headers' length");
    boolean reduced = tcp && (frame[kind.transportStart() + 13] & TestPackets.CWR) != 0;
    require(!reduced || has(HOST_ECN), "CWR without HOST_ECN");
    require(reduced == ((type & ECN) != 0), "the ECN bit is not what the CWR flag is");
  }

  private void checkLength(int mtu) {
    boolean tagged = frame.length > 14 && (frame[12] & 0xff) == 0x81 && frame[13] == 0;
    require(
        !has(MTU) || header.gsoType() != 0 || frame.length <= mtu + 14 + (tagged ? 4 : 0),
        "longer than the MTU");
    require(frame.length <= 14 + 8 + 40 + 65_535, "longer than any frame");
  }

  private boolean has(int bit) {
    return ((features >>> bit) & 1) != 0;
  }

  private void require(boolean holds, String otherwise) {
    if (!holds) {
      violations.add(otherwise + ": " + header + ", frame of " + frame.length + " bytes");
    }
  }
}
