package virtionet.tcpip;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import virtionet.net.MacAddress;

/** Packets built byte by byte, without the code under test, so that each byte can be spoilt. */
final class Packets {
  static final int IPV4 = EthernetHeader.LENGTH;
  static final int L4 = IPV4 + Ipv4Header.LENGTH;

  private Packets() {}

  static byte[] text(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  static byte[] ethernet(MacAddress destination, MacAddress source, int type, byte[] payload) {
    return ByteBuffer.allocate(EthernetHeader.LENGTH + payload.length)
        .put(destination.toBytes())
        .put(source.toBytes())
        .putShort((short) type)
        .put(payload)
        .array();
  }

  static byte[] arp(
      int operation,
      MacAddress senderMac,
      Ipv4Address sender,
      MacAddress targetMac,
      Ipv4Address target) {
    return ByteBuffer.allocate(28)
        .putShort((short) 1)
        .putShort((short) 0x0800)
        .putShort((short) 0x0604)
        .putShort((short) operation)
        .put(senderMac.toBytes())
        .putInt(sender.bits())
        .put(targetMac.toBytes())
        .putInt(target.bits())
        .array();
  }

  static byte[] ipv4(Ipv4Address source, Ipv4Address destination, int protocol, byte[] payload) {
    return ipv4(source, destination, protocol, new byte[0], payload);
  }

  /**
   * @param options a multiple of four bytes
   */
  static byte[] ipv4(
      Ipv4Address source, Ipv4Address destination, int protocol, byte[] options, byte[] payload) {
    int header = 20 + options.length;
    byte[] packet =
        ByteBuffer.allocate(header + payload.length)
            .put((byte) (0x40 | header / 4))
            .put((byte) 0)
            .putShort((short) (header + payload.length))
            .putShort((short) 0x1234)
            .putShort((short) 0)
            .put((byte) 63)
            .put((byte) protocol)
            .putShort((short) 0)
            .putInt(source.bits())
            .putInt(destination.bits())
            .put(options)
            .put(payload)
            .array();
    return seal(packet, 0, header, 10);
  }

  static byte[] echo(int type, int identifier, int sequence, byte[] data) {
    byte[] message =
        ByteBuffer.allocate(8 + data.length)
            .put((byte) type)
            .put((byte) 0)
            .putShort((short) 0)
            .putShort((short) identifier)
            .putShort((short) sequence)
            .put(data)
            .array();
    return seal(message, 0, message.length, 2);
  }

  static byte[] udp(
      Ipv4Address source,
      int sourcePort,
      Ipv4Address destination,
      int destinationPort,
      byte[] data) {
    byte[] whole =
        ByteBuffer.allocate(12 + 8 + data.length)
            .putInt(source.bits())
            .putInt(destination.bits())
            .putShort((short) 17)
            .putShort((short) (8 + data.length))
            .putShort((short) sourcePort)
            .putShort((short) destinationPort)
            .putShort((short) (8 + data.length))
            .putShort((short) 0)
            .put(data)
            .array();
    int checksum = checksum(whole, 0, whole.length);
    putU16(whole, 18, checksum == 0 ? 0xffff : checksum);
    return Arrays.copyOfRange(whole, 12, whole.length);
  }

  /** Sets the checksum at {@code at} right again. */
  static byte[] seal(byte[] bytes, int offset, int length, int at) {
    putU16(bytes, at, 0);
    putU16(bytes, at, checksum(bytes, offset, length));
    return bytes;
  }

  /** The Internet checksum, word by word, with the carry taken round at once. */
  static int checksum(byte[] bytes, int offset, int length) {
    int sum = 0;
    for (int i = 0; i < length; i += 2) {
      int low = i + 1 < length ? bytes[offset + i + 1] & 0xff : 0;
      sum += (bytes[offset + i] & 0xff) << 8 | low;
      if (sum > 0xffff) {
        sum -= 0xffff;
      }
    }
    return sum ^ 0xffff;
  }

  static int u16(byte[] bytes, int offset) {
    return (bytes[offset] & 0xff) << 8 | (bytes[offset + 1] & 0xff);
  }

  static void putU16(byte[] bytes, int offset, int value) {
    bytes[offset] = (byte) (value >> 8);
    bytes[offset + 1] = (byte) value;
  }
}
