package virtionet.tcpip;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * An address that a DHCP server lends (RFC 2131).
 *
 * @param face the address and what goes with it
 * @param server who lends it
 * @param duration for how long, from the request on
 * @param renewal after which the server is asked to prolong it (T1)
 * @param rebinding after which any server is asked (T2)
 * @see TcpIp
 */
public record Lease(
    Ipv4Interface face,
    Ipv4Address server,
    Duration duration,
    Duration renewal,
    Duration rebinding) {
  public Lease {
    Objects.requireNonNull(face, "face");
    Objects.requireNonNull(server, "server");
    Objects.requireNonNull(duration, "duration");
    Objects.requireNonNull(renewal, "renewal");
    Objects.requireNonNull(rebinding, "rebinding");
  }

  /** How a server says that it lends for ever (RFC 2131 §3.3). */
  private static final Duration FOREVER = Duration.ofSeconds(0xffff_ffffL);

  /** The address that is lent. */
  public Ipv4Address address() {
    return face.address();
  }

  public boolean isForever() {
    return duration.equals(FOREVER);
  }

  /** What an offer or an acknowledgement grants; empty when it grants nothing that can be used. */
  static Optional<Lease> of(DhcpMessage message) {
    Ipv4Address address = message.yourAddress();
    Optional<Ipv4Address> server = message.address(DhcpMessage.SERVER);
    Optional<Duration> duration = message.seconds(DhcpMessage.LEASE_TIME);
    var bare = Ipv4Interface.of(address, prefixLength(message, address));
    if (server.filter(bare::canBeHost).isEmpty()
        || duration.isEmpty()
        || duration.get().isZero()
        || !bare.canBeHost(address)) {
      return Optional.empty();
    }
    var face =
        new Ipv4Interface(
            address,
            bare.prefixLength(),
            message.addresses(DhcpMessage.ROUTER).stream()
                .filter(router -> bare.canBeHost(router) && !router.equals(address))
                .findFirst(),
            message.addresses(DhcpMessage.DNS));
    Duration whole = duration.get();
    Duration rebinding =
        before(whole, message.seconds(DhcpMessage.REBINDING_TIME))
            .orElseGet(() -> whole.multipliedBy(7).dividedBy(8));
    Duration renewal =
        before(rebinding, message.seconds(DhcpMessage.RENEWAL_TIME))
            .or(() -> before(rebinding, Optional.of(whole.dividedBy(2))))
            .orElseGet(() -> rebinding.dividedBy(2));
    return Optional.of(new Lease(face, server.get(), whole, renewal, rebinding));
  }

  private static Optional<Duration> before(Duration limit, Optional<Duration> wanted) {
    return wanted.filter(time -> !time.isZero() && time.compareTo(limit) < 0);
  }

  /** As the server says or, where it says nothing sane, by the address's class (RFC 791 §2.3). */
  private static int prefixLength(DhcpMessage message, Ipv4Address address) {
    int mask = message.address(DhcpMessage.SUBNET_MASK).orElse(Ipv4Address.ANY).bits();
    int length = Integer.numberOfLeadingZeros(~mask);
    if (length > 0 && length == Integer.bitCount(mask)) {
      return length;
    }
    int first = address.bits() >>> 24;
    return first < 128 ? 8 : first < 192 ? 16 : 24;
  }

  @Override
  public String toString() {
    return "%s from %s for %s"
        .formatted(face, server, isForever() ? "ever" : duration.toSeconds() + " s");
  }
}
