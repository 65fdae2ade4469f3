package virtionet.net;

import java.util.Objects;

/**
 * What is left to do for a frame, or was done for it: the work that sender and network card share
 * (VirtIO 1.3 §5.1.6). Immutable.
 *
 * <p>Where a checksum is to be completed, its field already holds the sum of the pseudo header, and
 * all that precedes it is right. Where the frame is to be segmented, its headers describe it as the
 * one large packet that it is.
 *
 * @param checksumStart bytes from the frame's start to the transport header, from which on is
 *     summed; 0: no checksum is to be completed
 * @param checksumOffset bytes from there to the field that takes the sum: 16 for TCP, 6 for UDP
 * @param segmentation how the frame is to be cut
 * @param segmentSize bytes of payload in each segment, the last may have fewer; 0 without
 *     segmentation
 * @param ecn whether the first segment alone bears the congestion window's reduction. When a frame
 *     is sent, its TCP header decides
 * @param headerLength bytes of all headers up to the payload; 0: not said. Known for received
 *     frames that are to be segmented, and worked out for sent ones
 * @param verified whether the device has found one checksum right; of no effect when sent
 */
public record Offload(
    int checksumStart,
    int checksumOffset,
    Segmentation segmentation,
    int segmentSize,
    boolean ecn,
    int headerLength,
    boolean verified) {

  /** How a large frame is to be cut. */
  public enum Segmentation {
    NONE,
    TCPV4,
    TCPV6,
    /** UDP datagrams of equal size, over IPv4 or IPv6. */
    UDP_L4
  }

  /** Nothing to do, nothing known: what a frame has unless somebody says otherwise. */
  public static final Offload NONE = new Offload(0, 0, Segmentation.NONE, 0, false, 0, false);

  /** Nothing to do, and one checksum was found right. */
  public static final Offload VERIFIED = new Offload(0, 0, Segmentation.NONE, 0, false, 0, true);

  /** Each field is one of 16 bits in the device's header. */
  private static final int MOST = 0xffff;

  /**
   * @throws IllegalArgumentException for a number that is not from 0 to 65535
   */
  public Offload {
    Objects.requireNonNull(segmentation, "segmentation");
    requireRange("checksum start", checksumStart);
    requireRange("checksum offset", checksumOffset);
    requireRange("segment size", segmentSize);
    requireRange("header length", headerLength);
  }

  private static void requireRange(String what, int value) {
    if (value < 0 || value > MOST) {
      throw new IllegalArgumentException(
          "%s %d: must be from 0 to %d".formatted(what, value, MOST));
    }
  }

  /** A checksum to be completed; {@link Offloads#prepare} finds the numbers. */
  public static Offload checksum(int start, int offset) {
    return new Offload(start, offset, Segmentation.NONE, 0, false, 0, false);
  }

  /** The same, and the frame is to be cut. */
  public Offload segmented(Segmentation how, int size) {
    return new Offload(checksumStart, checksumOffset, how, size, ecn, headerLength, verified);
  }

  /** The same with all headers said to be that long. */
  public Offload withHeaderLength(int length) {
    return new Offload(
        checksumStart, checksumOffset, segmentation, segmentSize, ecn, length, verified);
  }

  /**
   * The same of the frame with bytes more, or fewer, before its transport header.
   *
   * @param by bytes; negative: so many fewer
   * @throws IllegalArgumentException when the transport header cannot begin, or the headers end,
   *     there
   */
  public Offload moved(int by) {
    return new Offload(
        moved("checksum start", checksumStart, by),
        checksumOffset,
        segmentation,
        segmentSize,
        ecn,
        moved("header length", headerLength, by),
        verified);
  }

  /** What is not said stays so; what is must not become so. */
  private static int moved(String what, int value, int by) {
    if (value != 0 && value + by <= 0) {
      throw new IllegalArgumentException("%s %d: cannot move by %d".formatted(what, value, by));
    }
    return value == 0 ? 0 : value + by;
  }

  /** Whether a checksum is to be completed. */
  public boolean needsChecksum() {
    return checksumStart != 0;
  }

  /** Whether the frame is to be cut. */
  public boolean needsSegmentation() {
    return segmentation != Segmentation.NONE;
  }

  /** Whether the frame is all right as it is. */
  public boolean isDone() {
    return !needsChecksum() && !needsSegmentation();
  }
}
