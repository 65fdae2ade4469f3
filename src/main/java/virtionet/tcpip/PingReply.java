package virtionet.tcpip;

import akka.util.ByteString;
import java.time.Duration;
import java.util.Objects;

/**
 * The answer to an echo request.
 *
 * @param sequence number of the request, from 1 on
 * @param ttl what was left of the answer's time to live
 * @param payload as it came back: the same as was sent
 * @see TcpIp
 */
public record PingReply(
    Ipv4Address from, int sequence, int ttl, ByteString payload, Duration roundTrip) {
  public PingReply {
    Objects.requireNonNull(from, "from");
    Objects.requireNonNull(payload, "payload");
    Objects.requireNonNull(roundTrip, "roundTrip");
  }
}
