package virtionet.net;

import java.util.Objects;
import virtionet.virtio.ConfigSpace;

/**
 * What a device allows its control commands (VirtIO 1.3 §5.1.4). A field whose feature was not
 * accepted was not read, and allows nothing.
 *
 * @param accepted features
 * @param maxPairs queue pairs that the device has; 1 without MQ and RSS
 * @param readyPairs queue pairs that the driver has set up
 * @param enabledPairs queue pairs that are in use
 * @param hashes with which keys and tables
 * @param tunnelTypes bits of §5.1.6.4.4.2
 */
public record ControlLimits(
    long accepted,
    int maxPairs,
    int readyPairs,
    int enabledPairs,
    HashLimits hashes,
    long tunnelTypes) {
  public ControlLimits {
    Objects.requireNonNull(hashes, "hashes");
  }

  private static final int MAX_PAIRS = 8; // u16
  private static final int TUNNEL_TYPES = 24; // u32

  /** All tunnel types that this specification knows: others are ignored (§5.1.6.4.4.5). */
  private static final long KNOWN_TUNNELS = 0x1ff;

  /** Reads what these accepted features give fields for; one pair is set up and in use. */
  static ControlLimits read(ConfigSpace space, long accepted) {
    int pairs = 1;
    if (NetFeature.MQ.in(accepted) || NetFeature.RSS.in(accepted)) {
      int given = space.read16(MAX_PAIRS);
      // A number that there cannot be stands for none given.
      pairs = given >= 1 && given <= ControlCommand.SetQueuePairs.MOST ? given : 1;
    }
    return new ControlLimits(
        accepted,
        pairs,
        /* readyPairs= */ 1,
        /* enabledPairs= */ 1,
        HashLimits.read(space, accepted),
        NetFeature.HASH_TUNNEL.in(accepted) ? space.read32(TUNNEL_TYPES) & KNOWN_TUNNELS : 0);
  }

  /** The index of the control queue: after all pairs that there may be (§5.1.2). */
  int controlQueue() {
    return 2 * maxPairs;
  }

  /** The same with that many pairs set up. */
  ControlLimits withReadyPairs(int pairs) {
    return new ControlLimits(accepted, maxPairs, pairs, enabledPairs, hashes, tunnelTypes);
  }

  /** The same with that many pairs in use. */
  public ControlLimits withEnabledPairs(int pairs) {
    return new ControlLimits(accepted, maxPairs, readyPairs, pairs, hashes, tunnelTypes);
  }
}
