package virtionet.tcpip;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a host must know of itself and its link to talk IPv4.
 *
 * @param address its own
 * @param prefixLength leading bits that it shares with all on its link; from 0 to 32
 * @param gateway where packets for all others go; empty: they cannot be sent
 * @param dns name servers, the preferred one first
 * @see TcpIp
 */
public record Ipv4Interface(
    Ipv4Address address, int prefixLength, Optional<Ipv4Address> gateway, List<Ipv4Address> dns) {

  public Ipv4Interface {
    Objects.requireNonNull(address, "address");
    Objects.requireNonNull(gateway, "gateway");
    if (prefixLength < 0 || prefixLength > 32) {
      throw new IllegalArgumentException(
          "prefix length " + prefixLength + ": must be from 0 to 32");
    }
    dns = List.copyOf(Objects.requireNonNull(dns, "dns"));
  }

  /** An interface that can only talk to its own link. */
  public static Ipv4Interface of(Ipv4Address address, int prefixLength) {
    return new Ipv4Interface(address, prefixLength, Optional.empty(), List.of());
  }

  public Ipv4Interface withGateway(Ipv4Address newGateway) {
    Objects.requireNonNull(newGateway, "newGateway");
    return new Ipv4Interface(address, prefixLength, Optional.of(newGateway), dns);
  }

  /** Whether that address is on this link. */
  public boolean isOnLink(Ipv4Address other) {
    return ((address.bits() ^ other.bits()) & mask()) == 0;
  }

  /** All on this link: the highest address of its prefix. */
  public Ipv4Address broadcast() {
    return new Ipv4Address(address.bits() | ~mask());
  }

  /** Whether one host can have that address, be it here or elsewhere. */
  boolean canBeHost(Ipv4Address other) {
    boolean general =
        other.isAny() || other.isBroadcast() || other.isMulticast() || other.isLoopback();
    boolean ends = (other.bits() & ~mask()) == 0 || other.equals(broadcast());
    return !general && !(prefixLength < 31 && isOnLink(other) && ends);
  }

  private int mask() {
    return prefixLength == 0 ? 0 : -1 << (32 - prefixLength);
  }

  @Override
  public String toString() {
    return "%s/%d%s".formatted(address, prefixLength, gateway.map(via -> " via " + via).orElse(""));
  }
}
