package virtionet.tcpip;

import static java.nio.ByteOrder.BIG_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import virtionet.net.MacAddress;

/** Numbers in network byte order, at any offset. */
final class Wire {
  private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(BIG_ENDIAN);
  private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(BIG_ENDIAN);

  private Wire() {}

  static int u8(MemorySegment bytes, long offset) {
    return bytes.get(U8, offset) & 0xff;
  }

  static int u16(MemorySegment bytes, long offset) {
    return bytes.get(U16, offset) & 0xffff;
  }

  static int u32(MemorySegment bytes, long offset) {
    return bytes.get(U32, offset);
  }

  static Ipv4Address address(MemorySegment bytes, long offset) {
    return new Ipv4Address(u32(bytes, offset));
  }

  static MacAddress mac(MemorySegment bytes, long offset) {
    return new MacAddress(
        ((long) u16(bytes, offset) << 32) | Integer.toUnsignedLong(u32(bytes, offset + 2)));
  }

  static void u8(MemorySegment bytes, long offset, int value) {
    bytes.set(U8, offset, (byte) value);
  }

  static void u16(MemorySegment bytes, long offset, int value) {
    bytes.set(U16, offset, (short) value);
  }

  static void u32(MemorySegment bytes, long offset, int value) {
    bytes.set(U32, offset, value);
  }

  static void address(MemorySegment bytes, long offset, Ipv4Address address) {
    u32(bytes, offset, address.bits());
  }

  static void mac(MemorySegment bytes, long offset, MacAddress mac) {
    u16(bytes, offset, (int) (mac.bits() >>> 32));
    u32(bytes, offset + 2, (int) mac.bits());
  }
}
