package virtionet.tcpip;

import akka.util.ByteString;
import java.util.Objects;

/**
 * A UDP datagram on its way to, or from, somebody else.
 *
 * @param remote the other's address
 * @param port the other's port, from 0 to 65535; 0 in one that came: no answer is wanted
 * @see TcpIp
 */
public record Datagram(Ipv4Address remote, int port, ByteString data) {
  public Datagram {
    Objects.requireNonNull(remote, "remote");
    Objects.requireNonNull(data, "data");
    if (port < 0 || port > 0xffff) {
      throw new IllegalArgumentException("UDP port " + port + ": must be from 0 to 65535");
    }
  }

  /** A datagram with these bytes, which the caller gives away. */
  public static Datagram of(Ipv4Address remote, int port, byte[] data) {
    return new Datagram(
        remote, port, ByteString.fromArrayUnsafe(Objects.requireNonNull(data, "data")));
  }

  /** An answer to whoever sent this one. */
  public Datagram reply(ByteString answer) {
    return new Datagram(remote, port, answer);
  }
}
