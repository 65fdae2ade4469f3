package virtionet.net;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import virtionet.virtio.Feature;

/**
 * Which of the negotiated receive offloads the device uses from now on (VirtIO 1.3 §5.1.6.5.8): all
 * that are not in the set are off.
 */
public record GuestOffloads(Set<NetFeature> on) implements ControlCommand {
  private static final Set<NetFeature> OFFLOADS =
      EnumSet.of(
          NetFeature.GUEST_CSUM,
          NetFeature.GUEST_TSO4,
          NetFeature.GUEST_TSO6,
          NetFeature.GUEST_ECN,
          NetFeature.GUEST_UFO,
          NetFeature.GUEST_USO4,
          NetFeature.GUEST_USO6);

  public GuestOffloads {
    on = Set.copyOf(on);
    for (NetFeature feature : on) {
      if (!OFFLOADS.contains(feature)) {
        throw new IllegalArgumentException(
            "%s is no offload that can be switched: %s can".formatted(feature, OFFLOADS));
      }
    }
  }

  @Override
  public int commandClass() {
    return 5;
  }

  @Override
  public int command() {
    return 0;
  }

  @Override
  public List<NetFeature> needs() {
    return Stream.concat(Stream.of(NetFeature.CTRL_GUEST_OFFLOADS), on.stream().sorted()).toList();
  }

  @Override
  public List<byte[]> data() {
    long mask = on.stream().mapToLong(NetFeature::mask).reduce(0, (a, b) -> a | b);
    return List.of(ControlCommand.encode(8, data -> data.putLong(mask)));
  }

  private static String names(Set<Feature> features) {
    return features.stream().map(Feature::name).sorted().collect(Collectors.joining(" or "));
  }

  @Override
  public void check(ControlLimits limits) {
    Objects.requireNonNull(limits, "limits");
    for (NetFeature feature : on) {
      if (!feature.in(limits.accepted())) {
        throw new IllegalArgumentException(
            "offload %s was not negotiated (VirtIO 1.3 §5.1.6.5.8.2)".formatted(feature));
      }
      for (Set<Feature> alternatives : feature.needs()) {
        if (Collections.disjoint(alternatives, on)) {
          throw new IllegalArgumentException(
              "offload %s needs %s, which is to be off".formatted(feature, names(alternatives)));
        }
      }
    }
  }
}
