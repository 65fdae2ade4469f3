package virtionet.net;

import java.util.ArrayList;
import java.util.List;
import virtionet.net.Offload.Segmentation;
import virtionet.virtio.Feature;
import virtionet.virtio.FeatureReport;

/**
 * What was negotiated of offloads (VirtIO 1.3 §5.1.3): which the device does for us on transmit,
 * and which it leaves to us on receive.
 */
record OffloadFeatures(
    boolean checksum,
    boolean tcpV4,
    boolean tcpV6,
    boolean ecn,
    boolean udp,
    boolean guestChecksum,
    boolean guestTcpV4,
    boolean guestTcpV6,
    boolean guestEcn,
    boolean guestUdpV4,
    boolean guestUdpV6) {

  /** Pieces of the longest frame in buffers of 2 KiB, header apart, with some to spare. */
  static final int MOST_PIECES = 36;

  /** 65535 bytes after an IPv6 header, with Ethernet header and as many VLAN tags as we know of. */
  static final int LONGEST_FRAME = Packet.LONGEST_NETWORK_START + Packet.IPV6_HEADER + 65_535;

  /** What makes received frames other than they went over the wire. */
  static final List<NetFeature> RECEIVE_LARGE =
      List.of(
          NetFeature.GUEST_TSO4,
          NetFeature.GUEST_TSO6,
          NetFeature.GUEST_ECN,
          NetFeature.GUEST_USO4,
          NetFeature.GUEST_USO6);

  /**
   * What to ask for. All that the driver can deal with alone; {@link #RECEIVE_LARGE} only where the
   * client asked for it.
   */
  static List<Feature> wanted(ReceivedFrames shape) {
    List<Feature> wanted =
        new ArrayList<>(
            List.of(
                NetFeature.CSUM,
                NetFeature.GUEST_CSUM,
                NetFeature.HOST_TSO4,
                NetFeature.HOST_TSO6,
                NetFeature.HOST_ECN,
                NetFeature.HOST_USO,
                NetFeature.GUEST_HDRLEN,
                NetFeature.MRG_RXBUF));
    if (shape == ReceivedFrames.AS_GIVEN) {
      wanted.addAll(RECEIVE_LARGE);
    }
    return wanted;
  }

  static OffloadFeatures of(FeatureReport report) {
    return new OffloadFeatures(
        report.accepted(NetFeature.CSUM),
        report.accepted(NetFeature.HOST_TSO4),
        report.accepted(NetFeature.HOST_TSO6),
        report.accepted(NetFeature.HOST_ECN),
        report.accepted(NetFeature.HOST_USO),
        report.accepted(NetFeature.GUEST_CSUM),
        report.accepted(NetFeature.GUEST_TSO4),
        report.accepted(NetFeature.GUEST_TSO6),
        report.accepted(NetFeature.GUEST_ECN),
        report.accepted(NetFeature.GUEST_USO4),
        report.accepted(NetFeature.GUEST_USO6));
  }

  /** Whether the device may give us large frames. */
  boolean receivesLarge() {
    return guestTcpV4 || guestTcpV6 || guestUdpV4 || guestUdpV6;
  }

  /** Whether the device takes large frames. */
  boolean sendsLarge() {
    return tcpV4 || tcpV6 || udp;
  }

  /** Whether the device cuts frames so. */
  boolean sends(Segmentation segmentation) {
    return switch (segmentation) {
      case NONE -> true;
      case TCPV4 -> tcpV4;
      case TCPV6 -> tcpV6;
      case UDP_L4 -> udp;
    };
  }

  /**
   * Whether the device may give us frames to be cut so; UDP over one version of IP at least, and
   * {@link OffloadRules#accepts} tells which.
   */
  boolean receives(Segmentation segmentation) {
    return switch (segmentation) {
      case NONE -> true;
      case TCPV4 -> guestTcpV4;
      case TCPV6 -> guestTcpV6;
      case UDP_L4 -> guestUdpV4 || guestUdpV6;
    };
  }

  /**
   * Bytes for each buffer of a ring.
   *
   * @param wanted by the settings
   * @param needed for header and longest frame
   * @param mayShare whether a frame may lie in several buffers; else each must hold the longest
   * @param perRing buffers that the ring holds
   */
  static int bufferSize(int wanted, int needed, boolean mayShare, int perRing) {
    return Math.max(wanted, mayShare ? Math.ceilDiv(needed, perRing) : needed);
  }
}
