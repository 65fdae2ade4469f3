package virtionet.tcpip;

import java.lang.foreign.MemorySegment;

/**
 * A received IPv4 packet whose header was checked.
 *
 * @param ttl what is left of its time to live
 * @param payload without header and padding; a view of the frame
 */
record Ipv4Packet(
    Ipv4Address source, Ipv4Address destination, int protocol, int ttl, MemorySegment payload) {

  /** What became of bytes that were to be a packet. */
  sealed interface Parsed {}

  /** It is one. */
  record Good(Ipv4Packet packet) implements Parsed {}

  /** It is none that can be used. */
  record Bad(TcpIpCounter reason) implements Parsed {}

  /** Checks and reads the payload of a frame. */
  static Parsed parse(MemorySegment bytes) {
    if (bytes.byteSize() < Ipv4Header.LENGTH
        || Wire.u8(bytes, Ipv4Header.VERSION_AND_LENGTH) >>> 4 != Ipv4Header.VERSION) {
      return new Bad(TcpIpCounter.IPV4_MALFORMED);
    }
    int headerLength = Ipv4Header.headerLength(bytes);
    int totalLength = Wire.u16(bytes, Ipv4Header.TOTAL_LENGTH);
    if (headerLength < Ipv4Header.LENGTH
        || headerLength > totalLength
        || totalLength > bytes.byteSize()) {
      return new Bad(TcpIpCounter.IPV4_MALFORMED);
    }
    if (Checksum.of(bytes.asSlice(0, headerLength)) != 0) {
      return new Bad(TcpIpCounter.IPV4_BAD_CHECKSUM);
    }
    int fragment = Wire.u16(bytes, Ipv4Header.FRAGMENT);
    if ((fragment & (Ipv4Header.MORE_FRAGMENTS | Ipv4Header.FRAGMENT_OFFSET)) != 0) {
      return new Bad(TcpIpCounter.IPV4_FRAGMENT);
    }
    return new Good(
        new Ipv4Packet(
            Wire.address(bytes, Ipv4Header.SOURCE),
            Wire.address(bytes, Ipv4Header.DESTINATION),
            Wire.u8(bytes, Ipv4Header.PROTOCOL),
            Wire.u8(bytes, Ipv4Header.TTL),
            bytes.asSlice(headerLength, totalLength - headerLength)));
  }
}
