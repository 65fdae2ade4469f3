package virtionet.flows;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;
import java.util.StringJoiner;
import virtionet.net.Frame;
import virtionet.net.MacAddress;

/**
 * A frame in one line, for people: addresses, type, length, and the beginning of what it carries.
 * Whatever the bytes are, it says something.
 *
 * @see Tracer
 */
public final class FrameText {
  private static final HexFormat HEX = HexFormat.of();

  /** No more is looked at: the longest headers that are told of. */
  private static final int MOST = 128;

  private static final int VLAN = 0x8100;
  private static final int SERVICE_VLAN = 0x88a8;
  private static final int IPV4 = 0x0800;
  private static final int ARP = 0x0806;
  private static final int IPV6 = 0x86dd;
  private static final int ICMP = 1;
  private static final int TCP = 6;
  private static final int UDP = 17;
  private static final int ICMPV6 = 58;
  private static final int DHCP_SERVER = 67;
  private static final int DHCP_CLIENT = 68;

  private final ByteBuffer bytes;
  private final StringBuilder text = new StringBuilder();

  private FrameText(ByteBuffer bytes) {
    this.bytes = bytes;
  }

  /**
   * The line for a frame, which stays its holder's.
   *
   * @throws IllegalStateException when the frame was released
   */
  public static String of(Frame frame) {
    ByteBuffer first = ByteBuffer.allocate(Math.min(MOST, frame.length()));
    frame.copyTo(MemorySegment.ofBuffer(first), first.remaining());
    return of(first, frame.length());
  }

  /**
   * The line for a frame of which the first bytes are known.
   *
   * @param bytes from its position on; it is left as it is
   * @param length of the frame
   */
  public static String of(ByteBuffer bytes, int length) {
    Objects.requireNonNull(bytes, "bytes");
    var line = new FrameText(bytes.slice().order(ByteOrder.BIG_ENDIAN));
    line.ethernet(length);
    return line.text.toString();
  }

  private void ethernet(int length) {
    if (bytes.limit() < Frame.HEADER_LENGTH) {
      text.append("%d bytes, no Ethernet header".formatted(length));
      return;
    }
    text.append(mac(MacAddress.LENGTH)).append(" > ").append(mac(0));
    int at = 2 * MacAddress.LENGTH;
    while (has(at, 6) && (u16(at) == VLAN || u16(at) == SERVICE_VLAN)) {
      text.append(", VLAN ").append(u16(at + 2) & 0xfff);
      at += 4;
    }
    int type = u16(at);
    text.append(", ").append(typeName(type)).append(", length ").append(length);
    int mark = text.length();
    try {
      switch (type) {
        case ARP -> arp(at + 2);
        case IPV4 -> ipv4(at + 2);
        case IPV6 -> ipv6(at + 2);
        default -> {}
      }
    } catch (IndexOutOfBoundsException e) {
      // Not all of it is known, or there.
      text.append(text.length() == mark ? ": cut off" : " (cut off)");
    }
  }

  private static String typeName(int type) {
    return switch (type) {
      case ARP -> "ARP";
      case IPV4 -> "IPv4";
      case IPV6 -> "IPv6";
      default ->
          type < 0x600
              ? "802.3 of %d bytes".formatted(type)
              : String.format(Locale.ROOT, "type 0x%04x", type);
    };
  }

  private void arp(int at) {
    int operation = u16(at + 6);
    if (u16(at) != 1 || u16(at + 2) != IPV4) {
      text.append(": of other networks");
      return;
    }
    String sender = ipv4Address(at + 14);
    String target = ipv4Address(at + 24);
    switch (operation) {
      case 1 -> text.append(": who has ").append(target).append("? tell ").append(sender);
      case 2 -> text.append(": ").append(sender).append(" is at ").append(mac(at + 8));
      default -> text.append(": operation ").append(operation);
    }
  }

  private void ipv4(int at) {
    int header = (u8(at) & 0xf) * 4;
    String from = ipv4Address(at + 12);
    String to = ipv4Address(at + 16);
    int protocol = u8(at + 9);
    int fragment = u16(at + 6);
    int offset = (fragment & 0x1fff) * 8;
    if (offset != 0) {
      text.append(": ").append(from).append(" > ").append(to);
      text.append(", fragment at ").append(offset).append(" of ").append(protocolName(protocol));
      return;
    }
    transport(at + header, protocol, from, to, u16(at + 2) - header);
    if ((fragment & 0x2000) != 0) {
      text.append(", first fragment");
    }
  }

  private void ipv6(int at) {
    String from = ipv6Address(at + 8);
    String to = ipv6Address(at + 24);
    transport(at + 40, u8(at + 6), from, to, u16(at + 4));
  }

  private void transport(int at, int protocol, String from, String to, int length) {
    boolean hasPorts = protocol == TCP || protocol == UDP;
    text.append(": ").append(from);
    text.append(hasPorts ? ":" + u16(at) : "").append(" > ").append(to);
    text.append(hasPorts ? ":" + u16(at + 2) : "").append(", ").append(protocolName(protocol));
    switch (protocol) {
      case UDP -> udp(at);
      case TCP -> tcp(at, length);
      case ICMP -> icmp(at);
      default -> {}
    }
  }

  private void udp(int at) {
    int length = u16(at + 4) - 8;
    text.append(", ").append(length).append(" bytes");
    int port = Math.min(u16(at), u16(at + 2));
    if (port == DHCP_SERVER || (port == DHCP_CLIENT && u16(at) == u16(at + 2))) {
      text.append(", DHCP ").append(u8(at + 8) == 1 ? "request" : "reply");
    }
  }

  private void tcp(int at, int length) {
    int header = (u8(at + 12) >> 4) * 4;
    int flags = u8(at + 13);
    var names = new StringJoiner(" ", " [", "]");
    String[] all = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};
    for (int bit = 0; bit < all.length; bit++) {
      if ((flags & 1 << bit) != 0) {
        names.add(all[bit]);
      }
    }
    text.append(names).append(", seq ").append(u32(at + 4));
    text.append(", ack ").append(u32(at + 8));
    text.append(", ").append(length - header).append(" bytes");
  }

  private void icmp(int at) {
    switch (u8(at)) {
      case 8, 0 -> {
        text.append(u8(at) == 8 ? " echo request" : " echo reply");
        text.append(", id ").append(u16(at + 4)).append(", seq ").append(u16(at + 6));
      }
      case 3 -> text.append(" unreachable, code ").append(u8(at + 1));
      case 11 -> text.append(" time exceeded, code ").append(u8(at + 1));
      default -> text.append(" type ").append(u8(at)).append(", code ").append(u8(at + 1));
    }
  }

  private static String protocolName(int protocol) {
    return switch (protocol) {
      case ICMP -> "ICMP";
      case TCP -> "TCP";
      case UDP -> "UDP";
      case ICMPV6 -> "ICMPv6";
      default -> "protocol " + protocol;
    };
  }

  private String mac(int at) {
    byte[] address = new byte[MacAddress.LENGTH];
    bytes.get(at, address);
    return MacAddress.of(address, 0).toString();
  }

  private String ipv4Address(int at) {
    return "%d.%d.%d.%d".formatted(u8(at), u8(at + 1), u8(at + 2), u8(at + 3));
  }

  /** All eight groups: the shortest form is for others to find. */
  private String ipv6Address(int at) {
    var groups = new StringJoiner(":");
    for (int group = 0; group < 8; group++) {
      groups.add(HEX.toHexDigits((short) u16(at + 2 * group)).replaceFirst("^0{1,3}", ""));
    }
    return groups.toString();
  }

  private boolean has(int at, int count) {
    return at + count <= bytes.limit();
  }

  private int u8(int at) {
    return Byte.toUnsignedInt(bytes.get(at));
  }

  private int u16(int at) {
    return Short.toUnsignedInt(bytes.getShort(at));
  }

  private long u32(int at) {
    return Integer.toUnsignedLong(bytes.getInt(at));
  }
}
