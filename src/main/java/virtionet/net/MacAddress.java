package virtionet.net;

import java.util.HexFormat;
import java.util.random.RandomGenerator;

/**
 * An Ethernet hardware address (IEEE 802 EUI-48).
 *
 * @param bits the address in the low 48 bits, its first byte on the wire being the highest
 */
public record MacAddress(long bits) {
  public static final int LENGTH = 6;
  public static final MacAddress BROADCAST = new MacAddress(0xffff_ffff_ffffL);

  private static final long MULTICAST_BIT = 0x0100_0000_0000L;
  private static final long LOCAL_BIT = 0x0200_0000_0000L;

  public MacAddress {
    if (bits >>> 48 != 0) {
      throw new IllegalArgumentException(
          "0x%x has more than the 48 bits of a MAC address".formatted(bits));
    }
  }

  /** Takes six bytes from {@code offset} on. */
  public static MacAddress of(byte[] bytes, int offset) {
    long bits = 0;
    for (int i = 0; i < LENGTH; i++) {
      bits = (bits << 8) | (bytes[offset + i] & 0xff);
    }
    return new MacAddress(bits);
  }

  /** Reads {@code 52:54:00:12:34:56}; a dash may stand for a colon. */
  public static MacAddress parse(String text) {
    String[] parts = text.split("[:-]", -1);
    if (parts.length != LENGTH) {
      throw malformed(text);
    }
    long bits = 0;
    for (String part : parts) {
      if (part.length() != 2
          || !HexFormat.isHexDigit(part.charAt(0))
          || !HexFormat.isHexDigit(part.charAt(1))) {
        throw malformed(text);
      }
      bits = (bits << 8) | HexFormat.fromHexDigits(part);
    }
    return new MacAddress(bits);
  }

  private static IllegalArgumentException malformed(String text) {
    return new IllegalArgumentException(
        "'" + text + "' is not a MAC address: six pairs of hex digits, as 52:54:00:12:34:56");
  }

  /** A random unicast address from the locally administered range. */
  public static MacAddress randomLocal(RandomGenerator random) {
    return new MacAddress(((random.nextLong() & 0xffff_ffff_ffffL) | LOCAL_BIT) & ~MULTICAST_BIT);
  }

  /** Whether the address names a group, broadcast included. */
  public boolean isMulticast() {
    return (bits & MULTICAST_BIT) != 0;
  }

  public boolean isLocallyAdministered() {
    return (bits & LOCAL_BIT) != 0;
  }

  /** Whether a station can have it: neither a group nor all zero. */
  public boolean isUsable() {
    return !isMulticast() && bits != 0;
  }

  /** The six bytes in the order of the wire. */
  public byte[] toBytes() {
    byte[] bytes = new byte[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      bytes[i] = (byte) (bits >>> (8 * (LENGTH - 1 - i)));
    }
    return bytes;
  }

  @Override
  public String toString() {
    return HexFormat.ofDelimiter(":").formatHex(toBytes());
  }
}
