package virtionet.observe.pcap;

/**
 * Which way a frame went, seen from the application.
 *
 * @see PcapTap
 */
public enum Direction {
  /** From the device. */
  INBOUND(0b01),
  /** To the device. */
  OUTBOUND(0b10);

  private final int flags;

  Direction(int flags) {
    this.flags = flags;
  }

  /** The lowest two bits of {@code epb_flags}. */
  int flags() {
    return flags;
  }

  /** The direction of these {@code epb_flags}. */
  static Direction ofFlags(int flags) {
    return (flags & INBOUND.flags) != 0 ? INBOUND : OUTBOUND;
  }
}
