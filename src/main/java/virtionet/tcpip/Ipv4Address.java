package virtionet.tcpip;

import java.net.Inet4Address;
import java.util.Comparator;
import java.util.Objects;

/**
 * An IPv4 address.
 *
 * @param bits its four bytes, the first one highest
 * @see TcpIp
 */
public record Ipv4Address(int bits) implements Comparable<Ipv4Address> {
  /** No address: {@code 0.0.0.0}. */
  public static final Ipv4Address ANY = new Ipv4Address(0);

  /** Everybody on the link: {@code 255.255.255.255}. */
  public static final Ipv4Address BROADCAST = new Ipv4Address(-1);

  private static final Comparator<Ipv4Address> ORDER =
      Comparator.comparing(Ipv4Address::bits, Integer::compareUnsigned);

  /**
   * Reads four decimal numbers with dots between, such as {@code 10.0.2.15}.
   *
   * @throws IllegalArgumentException when it is anything else; names are not looked up
   */
  public static Ipv4Address parse(String text) {
    return of(Inet4Address.ofLiteral(Objects.requireNonNull(text, "text")));
  }

  public static Ipv4Address of(Inet4Address address) {
    byte[] bytes = address.getAddress();
    return of(bytes[0], bytes[1], bytes[2], bytes[3]);
  }

  /** The address of these four bytes, only the low eight bits of each of which count. */
  public static Ipv4Address of(int a, int b, int c, int d) {
    return new Ipv4Address((a & 0xff) << 24 | (b & 0xff) << 16 | (c & 0xff) << 8 | (d & 0xff));
  }

  public boolean isAny() {
    return bits == 0;
  }

  public boolean isBroadcast() {
    return bits == -1;
  }

  /** 224.0.0.0/4 (RFC 5771). */
  public boolean isMulticast() {
    return bits >>> 28 == 0xe;
  }

  /** 127.0.0.0/8, which must not appear on a link (RFC 1122 §3.2.1.3). */
  public boolean isLoopback() {
    return bits >>> 24 == 127;
  }

  @Override
  public int compareTo(Ipv4Address other) {
    return ORDER.compare(this, Objects.requireNonNull(other, "other"));
  }

  @Override
  public String toString() {
    // Not with %d, which some locales write in digits of their own.
    return (bits >>> 24)
        + "."
        + (bits >>> 16 & 0xff)
        + "."
        + (bits >>> 8 & 0xff)
        + "."
        + (bits & 0xff);
  }
}
