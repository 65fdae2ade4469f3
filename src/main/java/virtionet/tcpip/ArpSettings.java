package virtionet.tcpip;

import java.time.Duration;

/**
 * How hardware addresses are found.
 *
 * @param lifetime of what was learnt; it is asked for again before, while it is in use
 * @param interval between two requests for an address that nobody answers for
 * @param tries requests until it is given up; at least 1
 * @param entries that are remembered; at least 1
 * @param queue packets that may wait for an address
 * @see TcpIp
 */
public record ArpSettings(Duration lifetime, Duration interval, int tries, int entries, int queue) {
  public ArpSettings {
    if (lifetime.isNegative() || interval.isNegative() || tries < 1 || entries < 1 || queue < 1) {
      throw new IllegalArgumentException("times must not be negative, numbers must be at least 1");
    }
  }

  /** A minute; three requests, one each second (RFC 1122 §2.3.2.1); 256 stations; 64 packets. */
  public static ArpSettings defaults() {
    return new ArpSettings(Duration.ofMinutes(1), Duration.ofSeconds(1), 3, 256, 64);
  }
}
