package virtionet.net;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * What a device makes the hash of a received frame of (VirtIO 1.3 §5.1.6.4.3.1): addresses, and
 * ports where the name has a protocol. Those that end in {@code EX} are for IPv6 with extension
 * headers. Of several that fit, the one that says most counts.
 */
public enum HashType {
  IPV4(0),
  TCPV4(1),
  UDPV4(2),
  IPV6(3),
  TCPV6(4),
  UDPV6(5),
  IP_EX(6),
  TCP_EX(7),
  UDP_EX(8);

  private static final HashType[] ALL = values();

  private final int number;

  HashType(int number) {
    this.number = number;
  }

  /** The bit in {@code hash_types} and {@code supported_hash_types}. */
  int bit() {
    return 1 << number;
  }

  /** A copy that does not change, in the order of the bits. */
  static Set<HashType> copy(Set<HashType> types) {
    Set<HashType> copy = EnumSet.noneOf(HashType.class);
    copy.addAll(types);
    return Collections.unmodifiableSet(copy);
  }

  /** The types of these bits; bits that this specification does not know are ignored. */
  static Set<HashType> of(int bits) {
    Set<HashType> types = EnumSet.noneOf(HashType.class);
    for (HashType type : ALL) {
      if ((bits & type.bit()) != 0) {
        types.add(type);
      }
    }
    return Collections.unmodifiableSet(types);
  }

  /** The field {@code hash_types} that says these. */
  static int bits(Set<HashType> types) {
    return types.stream().mapToInt(HashType::bit).reduce(0, (all, bit) -> all | bit);
  }

  /**
   * The type that a frame's {@code hash_report} names (§5.1.6.4.5): counted from 1.
   *
   * @return empty for 0, which stands for no hash, and for numbers that there are not
   */
  static Optional<HashType> reported(int report) {
    return report >= 1 && report <= ALL.length ? Optional.of(ALL[report - 1]) : Optional.empty();
  }
}
