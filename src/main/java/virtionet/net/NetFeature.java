package virtionet.net;

import java.util.List;
import java.util.Set;
import virtionet.virtio.Feature;

/** The feature bits of a network device (VirtIO 1.3 §5.1.3) and what each needs (§5.1.3.1). */
public enum NetFeature implements Feature {
  CSUM(0),
  GUEST_CSUM(1),
  CTRL_GUEST_OFFLOADS(2),
  MTU(3),
  MAC(5),
  /** Legacy, withdrawn. */
  GSO(6),
  GUEST_TSO4(7),
  GUEST_TSO6(8),
  GUEST_ECN(9),
  GUEST_UFO(10),
  HOST_TSO4(11),
  HOST_TSO6(12),
  HOST_ECN(13),
  HOST_UFO(14),
  MRG_RXBUF(15),
  STATUS(16),
  CTRL_VQ(17),
  CTRL_RX(18),
  CTRL_VLAN(19),
  CTRL_RX_EXTRA(20),
  GUEST_ANNOUNCE(21),
  MQ(22),
  CTRL_MAC_ADDR(23),
  HASH_TUNNEL(51),
  VQ_NOTF_COAL(52),
  NOTF_COAL(53),
  GUEST_USO4(54),
  GUEST_USO6(55),
  HOST_USO(56),
  HASH_REPORT(57),
  GUEST_HDRLEN(59),
  RSS(60),
  RSC_EXT(61),
  STANDBY(62),
  SPEED_DUPLEX(63);

  private final int bit;

  NetFeature(int bit) {
    this.bit = bit;
  }

  @Override
  public int bit() {
    return bit;
  }

  @Override
  public List<Set<Feature>> needs() {
    return switch (this) {
      case GUEST_TSO4, GUEST_TSO6, GUEST_UFO, GUEST_USO4, GUEST_USO6 -> List.of(Set.of(GUEST_CSUM));
      case GUEST_ECN -> List.of(Set.of(GUEST_TSO4, GUEST_TSO6));
      case HOST_TSO4, HOST_TSO6, HOST_UFO, HOST_USO -> List.of(Set.of(CSUM));
      case HOST_ECN, RSC_EXT -> List.of(Set.of(HOST_TSO4, HOST_TSO6));
      case CTRL_GUEST_OFFLOADS,
          CTRL_RX,
          CTRL_VLAN,
          CTRL_RX_EXTRA,
          GUEST_ANNOUNCE,
          MQ,
          CTRL_MAC_ADDR,
          VQ_NOTF_COAL,
          NOTF_COAL,
          HASH_REPORT,
          RSS ->
          List.of(Set.of(CTRL_VQ));
      case HASH_TUNNEL -> List.of(Set.of(CTRL_VQ), Set.of(HASH_REPORT, RSS));
      case STANDBY -> List.of(Set.of(MAC));
      case CSUM,
          GUEST_CSUM,
          MTU,
          MAC,
          GSO,
          MRG_RXBUF,
          STATUS,
          CTRL_VQ,
          GUEST_HDRLEN,
          SPEED_DUPLEX ->
          List.of();
    };
  }
}
