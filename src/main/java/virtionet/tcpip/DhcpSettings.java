package virtionet.tcpip;

import java.time.Duration;
import java.util.Objects;

/**
 * How a lease is asked for.
 *
 * @param firstWait until a message is sent again that nobody answers; doubled each time
 * @param longestWait where the doubling ends
 * @param requests for an offer that its server does not confirm, until others are asked; at least 1
 * @param shortestRenewal between two requests to prolong a lease
 * @param timeout after which whoever waits for the first lease is told that none came
 * @see TcpIp
 */
public record DhcpSettings(
    Duration firstWait,
    Duration longestWait,
    int requests,
    Duration shortestRenewal,
    Duration timeout) {
  public DhcpSettings {
    Objects.requireNonNull(shortestRenewal, "shortestRenewal");
    Objects.requireNonNull(timeout, "timeout");
    if (firstWait.isNegative() || firstWait.isZero() || longestWait.compareTo(firstWait) < 0) {
      throw new IllegalArgumentException("waits must be more than 0, and the longest the longest");
    }
    if (requests < 1) {
      throw new IllegalArgumentException("requests " + requests + ": at least 1");
    }
  }

  /**
   * 1 s to 16 s; RFC 2131 §4.1 begins with 4 s, for networks of its days. A lease is prolonged at
   * most once a minute (§4.4.5); 30 s are waited for the first one.
   */
  public static DhcpSettings defaults() {
    return new DhcpSettings(
        Duration.ofSeconds(1),
        Duration.ofSeconds(16),
        4,
        Duration.ofSeconds(60),
        Duration.ofSeconds(30));
  }
}
