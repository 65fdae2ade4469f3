package virtionet.net;

import java.util.List;
import virtionet.virtio.CommonFeature;
import virtionet.virtio.FeatureNegotiation;
import virtionet.virtio.FeatureReport;
import virtionet.virtio.Transport;
import virtionet.virtio.VirtioException;

/** Chooses among the features that a network card offers (VirtIO 1.3 §2.2, §5.1.3). */
final class NetNegotiation {
  /** The least that IPv4 asks of a link; a device that says less is not believed. */
  private static final int SMALLEST_MTU = 68;

  /** What the control queue can be asked for; all need {@link NetFeature#CTRL_VQ}. */
  private static final List<NetFeature> CONTROL_FEATURES =
      List.of(
          NetFeature.CTRL_VQ,
          NetFeature.CTRL_RX,
          NetFeature.CTRL_RX_EXTRA,
          NetFeature.CTRL_VLAN,
          NetFeature.CTRL_MAC_ADDR,
          NetFeature.GUEST_ANNOUNCE,
          NetFeature.CTRL_GUEST_OFFLOADS,
          NetFeature.NOTF_COAL,
          NetFeature.VQ_NOTF_COAL);

  private NetNegotiation() {}

  /**
   * What to accept of the offered features.
   *
   * @throws VirtioException when the device cannot be driven with what it offers, or without what
   *     is required
   */
  static FeatureReport negotiate(
      Transport transport, NetConfig config, long offered, NetSettings settings) {
    var negotiation =
        new FeatureNegotiation()
            .know(List.of(CommonFeature.values()))
            .know(List.of(NetFeature.values()))
            .want(
                List.of(
                    NetFeature.MTU,
                    NetFeature.MAC,
                    NetFeature.STATUS,
                    NetFeature.SPEED_DUPLEX,
                    CommonFeature.EVENT_IDX,
                    CommonFeature.INDIRECT_DESC))
            .want(CONTROL_FEATURES)
            .want(OffloadFeatures.wanted(settings.receivedFrames()));
    if (settings.queuePairs() > 1) {
      negotiation.want(List.of(NetFeature.MQ));
    } else {
      negotiation.decline(NetFeature.MQ, "not asked for (queue-pairs = 2 or more)");
    }
    if (settings.receivedFrames() != ReceivedFrames.AS_GIVEN) {
      OffloadFeatures.RECEIVE_LARGE.forEach(
          feature -> negotiation.decline(feature, "not asked for (received-frames = as-given)"));
    }
    wantHashes(negotiation, config, offered, settings);
    settings.requiredFeatures().forEach(name -> negotiation.insist(FeatureWishes.feature(name)));
    if (transport.isLegacy()) {
      negotiation.want(List.of(CommonFeature.ANY_LAYOUT));
    } else {
      negotiation.decline(CommonFeature.ANY_LAYOUT, "VERSION_1 says as much by itself");
      negotiation.want(
          List.of(
              CommonFeature.RING_PACKED,
              CommonFeature.IN_ORDER,
              CommonFeature.ORDER_PLATFORM,
              CommonFeature.NOTIFICATION_DATA,
              CommonFeature.RING_RESET));
      negotiation.require(CommonFeature.VERSION_1);
      if (!CommonFeature.VERSION_1.in(offered)) {
        negotiation.decline(
            CommonFeature.VERSION_1,
            "not offered, as registers of version 2 ask for (VirtIO 1.3 §6.1); a newer version of"
                + " the device may offer it, or the device's legacy interface may do");
      }
    }
    negotiation.decline(
        CommonFeature.ACCESS_PLATFORM, "the machine gives devices physical addresses, no IOMMU's");
    for (String name : settings.disabledFeatures()) {
      negotiation.decline(
          FeatureWishes.feature(name), "switched off in the settings (disabled-features)");
    }
    config
        .mac()
        .filter(mac -> !mac.isUsable())
        .ifPresent(
            mac ->
                negotiation.decline(
                    NetFeature.MAC, "its address " + mac + " is not one for a station"));
    config
        .mtu()
        .ifPresent(
            mtu -> {
              if (mtu < SMALLEST_MTU) {
                negotiation.decline(
                    NetFeature.MTU, "its MTU of %d is below %d".formatted(mtu, SMALLEST_MTU));
              }
            });
    return negotiation.negotiate(offered);
  }

  /** RSS and HASH_REPORT: neither without a wish, nor on a device whose limits make no sense. */
  private static void wantHashes(
      FeatureNegotiation negotiation, NetConfig config, long offered, NetSettings settings) {
    ReceiveHashes wish = settings.receiveHashes();
    if (!wish.steer()) {
      negotiation.decline(NetFeature.RSS, "not asked for (receive-steering = hash)");
    } else if (settings.queuePairs() == 1) {
      negotiation.decline(NetFeature.RSS, "of no use with one queue pair (queue-pairs)");
    } else {
      wantIfSound(negotiation, NetFeature.RSS, config, offered);
    }
    if (wish.report()) {
      wantIfSound(negotiation, NetFeature.HASH_REPORT, config, offered);
    } else {
      negotiation.decline(NetFeature.HASH_REPORT, "not asked for (report-hashes = on)");
    }
  }

  private static void wantIfSound(
      FeatureNegotiation negotiation, NetFeature feature, NetConfig config, long offered) {
    negotiation.want(List.of(feature));
    if (feature.in(offered)) {
      config.hashes().problem(feature).ifPresent(problem -> negotiation.decline(feature, problem));
    }
  }
}
