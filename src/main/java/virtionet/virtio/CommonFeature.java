package virtionet.virtio;

import java.util.List;
import java.util.Set;

/** The feature bits that no device type owns (VirtIO 1.3 §6). */
public enum CommonFeature implements Feature {
  /** Legacy: an interrupt when a ring runs empty, even if suppressed (§6.3). */
  NOTIFY_ON_EMPTY(24),
  /** Legacy: a buffer may be split into descriptors anywhere (§6.3). */
  ANY_LAYOUT(27),
  INDIRECT_DESC(28),
  EVENT_IDX(29),
  VERSION_1(32),
  ACCESS_PLATFORM(33),
  RING_PACKED(34),
  IN_ORDER(35),
  ORDER_PLATFORM(36),
  SR_IOV(37),
  NOTIFICATION_DATA(38),
  NOTIF_CONFIG_DATA(39),
  RING_RESET(40),
  ADMIN_VQ(41);

  private final int bit;

  CommonFeature(int bit) {
    this.bit = bit;
  }

  @Override
  public int bit() {
    return bit;
  }

  @Override
  public List<Set<Feature>> needs() {
    return List.of();
  }
}
