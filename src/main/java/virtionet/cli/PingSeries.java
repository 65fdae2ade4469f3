package virtionet.cli;

import akka.util.ByteString;
import java.time.Duration;
import java.util.LongSummaryStatistics;
import virtionet.tcpip.Ipv4Address;
import virtionet.tcpip.PingReply;
import virtionet.tcpip.TcpIp;
import virtionet.tcpip.TcpIpException;

/** Echo requests, each sent when the one before is settled, shown as they are answered. */
final class PingSeries {
  static final ByteString DATA = ByteString.fromString("virtionet says hello to you!".repeat(2));

  /** Long enough for ARP to give up first: its reason tells more. */
  private static final Duration TIMEOUT = Duration.ofSeconds(4);

  private final Screen screen;
  private final String indent;
  private final LongSummaryStatistics nanos = new LongSummaryStatistics();

  PingSeries(Screen screen, String indent) {
    this.screen = screen;
    this.indent = indent;
  }

  /** Sends this many and shows the summary. How many were answered. */
  int run(TcpIp stack, Ipv4Address target, int count) throws InterruptedException {
    for (int i = 0; i < count; i++) {
      send(stack, target);
    }
    int received = (int) nanos.getCount();
    screen.line(
        "%s%d sent, %d received, %.0f %% loss%s",
        indent, count, received, 100.0 * (count - received) / count, roundTrips());
    return received;
  }

  private void send(TcpIp stack, Ipv4Address target) throws InterruptedException {
    try {
      PingReply reply = DriverSession.await(stack.ping(target, DATA, TIMEOUT));
      nanos.accept(reply.roundTrip().toNanos());
      screen.line(
          "%s%d bytes from %s: seq %d, ttl %d, %.3f ms",
          indent,
          reply.payload().length(),
          reply.from(),
          reply.sequence(),
          reply.ttl(),
          reply.roundTrip().toNanos() / 1e6);
    } catch (TcpIpException e) {
      screen.line("%sno answer: %s", indent, Failures.sentence(e));
    }
  }

  private String roundTrips() {
    return nanos.getCount() == 0
        ? ""
        : "; round trip min %.2f, avg %.2f, max %.2f ms"
            .formatted(nanos.getMin() / 1e6, nanos.getAverage() / 1e6, nanos.getMax() / 1e6);
  }
}
