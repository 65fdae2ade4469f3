package virtionet.tcpip;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import virtionet.net.MacAddress;

/**
 * An ARP packet for IPv4 over Ethernet (RFC 826).
 *
 * @param request whether it asks for the target's hardware address, or else answers
 */
record ArpPacket(
    boolean request,
    MacAddress senderMac,
    Ipv4Address sender,
    MacAddress targetMac,
    Ipv4Address target) {
  static final int LENGTH = 28;

  private static final int HARDWARE_TYPE = 0;
  private static final int PROTOCOL_TYPE = 2;
  private static final int ADDRESS_LENGTHS = 4;
  private static final int OPERATION = 6;
  private static final int SENDER_MAC = 8;
  private static final int SENDER = 14;
  private static final int TARGET_MAC = 18;
  private static final int TARGET = 24;

  private static final int ETHERNET = 1;
  private static final int SIX_AND_FOUR = 0x0604;
  private static final int REQUEST = 1;
  private static final int REPLY = 2;

  private static final MacAddress UNKNOWN = new MacAddress(0);

  static ArpPacket request(MacAddress from, Ipv4Address sender, Ipv4Address target) {
    return new ArpPacket(true, from, sender, UNKNOWN, target);
  }

  /** The answer of the station that was asked for. */
  ArpPacket answer(MacAddress mac) {
    return new ArpPacket(
        false,
        /* senderMac= */ mac,
        /* sender= */ target,
        /* targetMac= */ senderMac,
        /* target= */ sender);
  }

  /** Reads the payload of a frame; empty when it is not for IPv4 over Ethernet, or too short. */
  static Optional<ArpPacket> parse(MemorySegment bytes) {
    if (bytes.byteSize() < LENGTH
        || Wire.u16(bytes, HARDWARE_TYPE) != ETHERNET
        || Wire.u16(bytes, PROTOCOL_TYPE) != EthernetHeader.TYPE_IPV4
        || Wire.u16(bytes, ADDRESS_LENGTHS) != SIX_AND_FOUR) {
      return Optional.empty();
    }
    int operation = Wire.u16(bytes, OPERATION);
    if (operation != REQUEST && operation != REPLY) {
      return Optional.empty();
    }
    return Optional.of(
        new ArpPacket(
            operation == REQUEST,
            Wire.mac(bytes, SENDER_MAC),
            Wire.address(bytes, SENDER),
            Wire.mac(bytes, TARGET_MAC),
            Wire.address(bytes, TARGET)));
  }

  void write(MemorySegment bytes) {
    Wire.u16(bytes, HARDWARE_TYPE, ETHERNET);
    Wire.u16(bytes, PROTOCOL_TYPE, EthernetHeader.TYPE_IPV4);
    Wire.u16(bytes, ADDRESS_LENGTHS, SIX_AND_FOUR);
    Wire.u16(bytes, OPERATION, request ? REQUEST : REPLY);
    Wire.mac(bytes, SENDER_MAC, senderMac);
    Wire.address(bytes, SENDER, sender);
    Wire.mac(bytes, TARGET_MAC, targetMac);
    Wire.address(bytes, TARGET, target);
  }
}
