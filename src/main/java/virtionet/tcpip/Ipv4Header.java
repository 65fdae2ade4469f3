package virtionet.tcpip;

import java.lang.foreign.MemorySegment;

/** The header of an IPv4 packet without options (RFC 791 §3.1). */
final class Ipv4Header {
  /** 1 byte: version 4 above the header's length in words of 4 bytes. */
  static final int VERSION_AND_LENGTH = 0;

  /** 2 bytes: header and payload; a frame may be longer, by padding. */
  static final int TOTAL_LENGTH = 2;

  static final int IDENTIFICATION = 4;

  /** 2 bytes: three flags above the fragment's offset in units of 8 bytes. */
  static final int FRAGMENT = 6;

  static final int TTL = 8;
  static final int PROTOCOL = 9;
  static final int CHECKSUM = 10;
  static final int SOURCE = 12;
  static final int DESTINATION = 16;

  /** Bytes without options. */
  static final int LENGTH = 20;

  static final int VERSION = 4;
  static final int MORE_FRAGMENTS = 0x2000;
  static final int DONT_FRAGMENT = 0x4000;
  static final int FRAGMENT_OFFSET = 0x1fff;

  static final int PROTOCOL_ICMP = 1;
  static final int PROTOCOL_UDP = 17;

  /** What others commonly use (RFC 1700). */
  static final int DEFAULT_TTL = 64;

  private Ipv4Header() {}

  /** Bytes of this header, options included; not yet checked. */
  static int headerLength(MemorySegment packet) {
    return (Wire.u8(packet, VERSION_AND_LENGTH) & 0xf) * Integer.BYTES;
  }

  /** Writes a whole header; the packet's size is its total length. */
  static void write(
      MemorySegment packet,
      int identification,
      int protocol,
      Ipv4Address source,
      Ipv4Address destination) {
    Wire.u8(packet, VERSION_AND_LENGTH, VERSION << 4 | LENGTH / Integer.BYTES);
    Wire.u8(packet, 1, 0);
    Wire.u16(packet, TOTAL_LENGTH, (int) packet.byteSize());
    Wire.u16(packet, IDENTIFICATION, identification);
    Wire.u16(packet, FRAGMENT, DONT_FRAGMENT);
    Wire.u8(packet, TTL, DEFAULT_TTL);
    Wire.u8(packet, PROTOCOL, protocol);
    Wire.u16(packet, CHECKSUM, 0);
    Wire.address(packet, SOURCE, source);
    Wire.address(packet, DESTINATION, destination);
    Wire.u16(packet, CHECKSUM, Checksum.of(packet.asSlice(0, LENGTH)));
  }
}
