package virtionet.net;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import virtionet.net.Link.Duplex;
import virtionet.virtio.ConfigSpace;
import virtionet.virtio.Feature;

/**
 * What does not change in the configuration space of a network device (VirtIO 1.3 §5.1.4). A field
 * whose feature is not offered, or that lies beyond the device's window, is empty and was not read.
 *
 * @param mac as the device gives it, perhaps of no use
 * @param mtu as the device gives it, perhaps out of range
 * @param hashes as the device gives it, perhaps of no use
 */
record NetConfig(Optional<MacAddress> mac, OptionalInt mtu, HashLimits hashes) {
  private static final int MAC = 0; // 6 × u8
  private static final int STATUS = 6; // u16
  private static final int MTU = 10; // u16
  private static final int SPEED = 12; // u32, Mbit/s
  private static final int DUPLEX = 16; // u8

  private static final int STATUS_LINK_UP = 1;
  private static final int STATUS_ANNOUNCE = 2;
  private static final int DUPLEX_HALF = 0;
  private static final int DUPLEX_FULL = 1;

  static NetConfig read(ConfigSpace space, long features) {
    Optional<MacAddress> mac = Optional.empty();
    if (has(space, features, NetFeature.MAC, MAC + MacAddress.LENGTH)) {
      byte[] bytes = new byte[MacAddress.LENGTH];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) space.read8(MAC + i);
      }
      mac = Optional.of(MacAddress.of(bytes, 0));
    }
    OptionalInt mtu =
        has(space, features, NetFeature.MTU, MTU + 2)
            ? OptionalInt.of(space.read16(MTU))
            : OptionalInt.empty();
    return new NetConfig(mac, mtu, HashLimits.read(space, features));
  }

  /** The part that may change while the device runs. */
  static LinkState readState(ConfigSpace space, long accepted) {
    boolean announce =
        NetFeature.GUEST_ANNOUNCE.in(accepted)
            && has(space, accepted, NetFeature.STATUS, STATUS + 2)
            && (space.read16(STATUS) & STATUS_ANNOUNCE) != 0;
    return new LinkState(readLink(space, accepted), announce);
  }

  static Link readLink(ConfigSpace space, long features) {
    boolean up =
        !has(space, features, NetFeature.STATUS, STATUS + 2)
            || (space.read16(STATUS) & STATUS_LINK_UP) != 0;
    if (!has(space, features, NetFeature.SPEED_DUPLEX, DUPLEX + 1)) {
      return new Link(up, OptionalLong.empty(), Duplex.UNKNOWN);
    }
    int speed = space.read32(SPEED);
    // Negative as an int: above the 0x7fffffff beyond which the speed is unknown.
    return new Link(
        up,
        speed < 0 ? OptionalLong.empty() : OptionalLong.of(speed),
        switch (space.read8(DUPLEX)) {
          case DUPLEX_HALF -> Duplex.HALF;
          case DUPLEX_FULL -> Duplex.FULL;
          default -> Duplex.UNKNOWN;
        });
  }

  private static boolean has(ConfigSpace space, long features, Feature feature, int end) {
    return feature.in(features) && space.size() >= end;
  }
}
