package virtionet.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * One number for all frames of a flow: by addresses, protocol and ports of IPv4 and IPv6, by the
 * Ethernet addresses and type of the rest. Symmetric: both directions of a flow have the same, so
 * that what is sent on a queue pair makes the device receive its answers there (VirtIO 1.3
 * §5.1.6.5.6). Nothing is trusted: a frame cut short is hashed as far as it goes.
 */
final class FlowHash {
  private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private static final int TYPE = 12;
  private static final int VLAN_TAG = 4;
  private static final int TYPE_VLAN = 0x8100;
  private static final int TYPE_IPV4 = 0x0800;
  private static final int TYPE_IPV6 = 0x86dd;
  private static final int IPV6_HEADER = 40;
  private static final int TCP = 6;
  private static final int UDP = 17;

  private FlowHash() {}

  /**
   * Of a frame's first bytes, as many as there are.
   *
   * @return not negative; 0 for those that hold no Ethernet header
   */
  static int of(MemorySegment frame) {
    if (frame.byteSize() < Frame.HEADER_LENGTH) {
      return 0;
    }
    int at = TYPE;
    int type = u16(frame, at);
    if (type == TYPE_VLAN && frame.byteSize() >= TYPE + VLAN_TAG + 2) {
      at += VLAN_TAG;
      type = u16(frame, at);
    }
    int network = at + 2;
    long room = frame.byteSize() - network;
    if (type == TYPE_IPV4 && room >= 20) {
      return ipv4(frame, network);
    }
    if (type == TYPE_IPV6 && room >= IPV6_HEADER) {
      return ipv6(frame, network);
    }
    int ends = words(frame, 0) ^ words(frame, 6);
    return spread(ends ^ type);
  }

  private static int ipv4(MemorySegment frame, int at) {
    int protocol = u8(frame, at + 9);
    int ends = frame.get(U32, at + 12) ^ frame.get(U32, at + 16);
    // Of a fragment only the first has ports: all parts of a datagram stay together without them.
    boolean fragment = (u16(frame, at + 6) & 0x3fff) != 0;
    int header = (u8(frame, at) & 0xf) * 4;
    return spread(ends ^ protocol ^ (fragment ? 0 : ports(frame, protocol, at + header)));
  }

  private static int ipv6(MemorySegment frame, int at) {
    int protocol = u8(frame, at + 6);
    int ends = 0;
    for (int word = 8; word < IPV6_HEADER; word += 4) {
      ends ^= frame.get(U32, at + word);
    }
    return spread(ends ^ protocol ^ ports(frame, protocol, at + IPV6_HEADER));
  }

  private static int ports(MemorySegment frame, int protocol, int at) {
    boolean has = (protocol == TCP || protocol == UDP) && frame.byteSize() >= at + 4L;
    return has ? (u16(frame, at) ^ u16(frame, at + 2)) << 8 : 0;
  }

  /** An Ethernet address folded to one word. */
  private static int words(MemorySegment frame, int at) {
    return frame.get(U32, at) ^ u16(frame, at + 4);
  }

  private static int u16(MemorySegment frame, long at) {
    return frame.get(U16, at) & 0xffff;
  }

  private static int u8(MemorySegment frame, long at) {
    return frame.get(U8, at) & 0xff;
  }

  /** So that neighbours, as ports in a row, do not all meet in one queue. */
  private static int spread(int hash) {
    int mixed = hash * 0x9e3779b1;
    return (mixed ^ mixed >>> 15) & Integer.MAX_VALUE;
  }
}
