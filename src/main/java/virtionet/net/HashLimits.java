package virtionet.net;

import java.util.Optional;
import java.util.Set;
import virtionet.virtio.ConfigSpace;
import virtionet.virtio.Feature;

/**
 * How a device can hash received frames (VirtIO 1.3 §5.1.4).
 *
 * @param maxKeySize bytes of a key; 0: what the device says could not be read
 * @param maxTableLength queues of an indirection table; 0 without RSS
 * @param types those that the device knows, of those that this specification does
 */
public record HashLimits(int maxKeySize, int maxTableLength, Set<HashType> types) {
  /** Where neither RSS nor HASH_REPORT is. */
  public static final HashLimits NONE = new HashLimits(0, 0, Set.of());

  private static final int MAX_KEY_SIZE = 17; // u8
  private static final int MAX_TABLE_LENGTH = 18; // u16
  private static final int TYPES = 20; // u32
  private static final int END = TYPES + 4;

  public HashLimits {
    types = HashType.copy(types);
  }

  /** Reads what these features give fields for, as far as the device's window goes. */
  static HashLimits read(ConfigSpace space, long features) {
    boolean rss = NetFeature.RSS.in(features);
    if ((!rss && !NetFeature.HASH_REPORT.in(features)) || space.size() < END) {
      return NONE;
    }
    return new HashLimits(
        space.read8(MAX_KEY_SIZE),
        rss ? space.read16(MAX_TABLE_LENGTH) : 0,
        HashType.of(space.read32(TYPES)));
  }

  /**
   * Why a device with these limits is of no use for a feature that hashes.
   *
   * @param feature RSS or HASH_REPORT
   */
  Optional<String> problem(Feature feature) {
    if (maxKeySize < HashKey.COMMON_LENGTH) {
      return Optional.of(
          "it takes hash keys of at most %d bytes, and IPv6 needs %d (VirtIO 1.3 §5.1.4.1)"
              .formatted(maxKeySize, HashKey.COMMON_LENGTH));
    }
    if (feature == NetFeature.RSS && maxTableLength == 0) {
      return Optional.of("its indirection table has no room (VirtIO 1.3 §5.1.4.1)");
    }
    return types.isEmpty()
        ? Optional.of("it supports no type of hash that this driver knows")
        : Optional.empty();
  }
}
