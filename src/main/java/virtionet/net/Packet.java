package virtionet.net;

/**
 * Where the headers of a frame lie, as far as offloads ask for it: Ethernet with up to two VLAN
 * tags, IPv4 or IPv6. Static, since it allocates nothing.
 */
final class Packet {
  static final int IPV4 = 0x0800;
  static final int IPV6 = 0x86dd;
  static final int TCP = 6;
  static final int UDP = 17;

  static final int IPV4_HEADER = 20;
  static final int IPV6_HEADER = 40;
  static final int IPV4_TOTAL_LENGTH = 2;
  static final int IPV4_ID = 4;
  static final int IPV4_PROTOCOL = 9;
  static final int IPV4_CHECKSUM = 10;
  static final int IPV4_SOURCE = 12;
  static final int IPV6_PAYLOAD_LENGTH = 4;
  static final int IPV6_NEXT_HEADER = 6;
  static final int IPV6_SOURCE = 8;

  static final int TCP_HEADER = 20;
  static final int TCP_SEQUENCE = 4;
  static final int TCP_DATA_OFFSET = 12;
  static final int TCP_FLAGS = 13;
  static final int TCP_CHECKSUM = 16;
  static final int TCP_FIN = 0x01;
  static final int TCP_PSH = 0x08;
  static final int TCP_CWR = 0x80;
  static final int LONGEST_TRANSPORT_HEADER = 60;
  static final int UDP_HEADER = 8;
  static final int UDP_LENGTH = 4;
  static final int UDP_CHECKSUM = 6;

  private static final int ETHER_TYPE = 12;
  private static final int VLAN_TAG_LENGTH = 4;
  private static final int VLAN = 0x8100;
  private static final int SERVICE_VLAN = 0x88a8;
  private static final int MOST_TAGS = 2;

  /** Where the network header begins behind the most VLAN tags. */
  static final int LONGEST_NETWORK_START = Frame.HEADER_LENGTH + MOST_TAGS * VLAN_TAG_LENGTH;

  private Packet() {}

  /** Bytes of the Ethernet header with its VLAN tags; where the network header begins. */
  static int networkStart(Frame frame) {
    int start = Frame.HEADER_LENGTH;
    for (int tags = 0; tags < MOST_TAGS && start + VLAN_TAG_LENGTH <= frame.length(); tags++) {
      int type = frame.u16(start - 2);
      if (type != VLAN && type != SERVICE_VLAN) {
        break;
      }
      start += VLAN_TAG_LENGTH;
    }
    return start;
  }

  /** The EtherType that speaks of what begins there. */
  static int type(Frame frame, int networkStart) {
    return frame.u16(networkStart - 2);
  }

  /** Whether it has one VLAN tag at least: such a frame may be longer by a tag. */
  static boolean isTagged(Frame frame) {
    return frame.u16(ETHER_TYPE) == VLAN;
  }

  /** Bytes of the IPv4 header that begins there, by its own word. */
  static int ipv4HeaderLength(Frame frame, int networkStart) {
    return 4 * (frame.u8(networkStart) & 0xf);
  }

  /**
   * Bytes of all headers, transport included; the transport header must be within the frame as far
   * as TCP_HEADER or UDP_HEADER.
   */
  static int headerLength(Frame frame, int transportStart, boolean tcp) {
    return transportStart
        + (tcp ? 4 * (frame.u8(transportStart + TCP_DATA_OFFSET) >> 4) : UDP_HEADER);
  }
}
