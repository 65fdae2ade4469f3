package virtionet.net;

import org.jspecify.annotations.Nullable;
import virtionet.net.Offload.Segmentation;

/**
 * Whether what is said of a frame can be true of it (VirtIO 1.3 §5.1.6.2). Asked before a device
 * learns of a frame, and before anybody learns of what a device says. Allocates nothing.
 */
final class OffloadRules {
  /** What an IP packet's length field can say. */
  private static final int LONGEST_PACKET = 65_535;

  private OffloadRules() {}

  /**
   * What is wrong with this frame's offload, or null when nothing is.
   *
   * @param frame of an Ethernet header at least
   * @param mtu most bytes of a segment after its Ethernet header
   */
  static @Nullable String problem(Frame frame, Offload offload, int mtu) {
    return problem(frame, frame.length(), offload, mtu);
  }

  /**
   * The same of a frame of which only the beginning is at hand.
   *
   * @param frame its beginning, as far as {@link Packet#LONGEST_TRANSPORT_HEADER} bytes of its
   *     transport header go
   * @param length bytes of all of it
   */
  static @Nullable String problem(Frame frame, int length, Offload offload, int mtu) {
    if (offload.needsChecksum()) {
      if (offload.checksumStart() < Frame.HEADER_LENGTH) {
        return "its checksum starts within the Ethernet header";
      }
      if (offload.checksumStart() + offload.checksumOffset() + Short.BYTES > length) {
        return "its checksum lies beyond its end";
      }
    }
    return offload.needsSegmentation() ? segmentationProblem(frame, length, offload, mtu) : null;
  }

  /**
   * Whether what a device says of a received frame can be true, and it may say so. Its header has
   * one word for UDP over either version of IP: only the frame tells which of the two it is.
   */
  static boolean accepts(Frame frame, Offload offload, OffloadFeatures features) {
    if (problem(frame, offload, Integer.MAX_VALUE) != null) {
      return false;
    }
    if (offload.segmentation() != Segmentation.UDP_L4) {
      return true;
    }
    boolean ipv6 = Packet.type(frame, Packet.networkStart(frame)) == Packet.IPV6;
    return ipv6 ? features.guestUdpV6() : features.guestUdpV4();
  }

  private static @Nullable String segmentationProblem(
      Frame frame, int length, Offload offload, int mtu) {
    if (!offload.needsChecksum()) {
      return "it is to be segmented without a checksum to be completed";
    }
    if (offload.segmentSize() == 0) {
      return "its segments are to have no payload";
    }
    boolean tcp = offload.segmentation() != Segmentation.UDP_L4;
    if (offload.checksumOffset() != (tcp ? Packet.TCP_CHECKSUM : Packet.UDP_CHECKSUM)) {
      return "its checksum is not where its protocol has it";
    }
    int transport = offload.checksumStart();
    int shortest = tcp ? Packet.TCP_HEADER : Packet.UDP_HEADER;
    if (transport + shortest > length) {
      return "its transport header lies beyond its end";
    }
    int network = Packet.networkStart(frame);
    String problem = networkProblem(frame, length, offload, network, tcp ? Packet.TCP : Packet.UDP);
    if (problem != null) {
      return problem;
    }
    int header = Packet.headerLength(frame, transport, tcp);
    if (header > Math.min(length, LONGEST_PACKET) || header < transport + shortest) {
      return "its headers do not end within it";
    }
    if (offload.headerLength() != 0 && offload.headerLength() != header) {
      return "its headers have another length than is said";
    }
    return header - network + offload.segmentSize() > mtu
        ? "its segments are longer than the MTU allows"
        : null;
  }

  private static @Nullable String networkProblem(
      Frame frame, int length, Offload offload, int network, int protocol) {
    int type = Packet.type(frame, network);
    int transport = offload.checksumStart();
    if (type == Packet.IPV4 && offload.segmentation() != Segmentation.TCPV6) {
      if (transport < network + Packet.IPV4_HEADER
          || transport != network + Packet.ipv4HeaderLength(frame, network)) {
        return "its checksum does not start where its IPv4 header ends";
      }
      if (frame.u8(network + Packet.IPV4_PROTOCOL) != protocol) {
        return "its IPv4 header speaks of another protocol";
      }
      return length - network > LONGEST_PACKET ? "no IPv4 packet can be so long" : null;
    }
    if (type == Packet.IPV6 && offload.segmentation() != Segmentation.TCPV4) {
      if (transport < network + Packet.IPV6_HEADER) {
        return "its checksum starts within its IPv6 header";
      }
      return length - network - Packet.IPV6_HEADER > LONGEST_PACKET
          ? "no IPv6 packet can be so long"
          : null;
    }
    return "its EtherType is not one of its kind of segmentation";
  }
}
