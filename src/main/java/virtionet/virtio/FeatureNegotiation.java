package virtionet.virtio;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Chooses the features to accept: known, offered, wanted, and closed under what each needs (VirtIO
 * 1.3 §2.2.1). Not thread-safe; made for one negotiation.
 */
public final class FeatureNegotiation {
  private static final String UNUSED = "not used by this driver";

  private final Map<Integer, Feature> known = new TreeMap<>();
  private final Set<Feature> wanted = new LinkedHashSet<>();
  private final Set<Feature> required = new LinkedHashSet<>();
  private final Map<Feature, String> declined = new HashMap<>();

  /**
   * Names bits; a known bit that is neither wanted nor declined is reported as not used by this
   * driver.
   */
  public FeatureNegotiation know(Collection<? extends Feature> features) {
    features.forEach(feature -> known.put(feature.bit(), feature));
    return this;
  }

  /** Accept these where offered. */
  public FeatureNegotiation want(Collection<? extends Feature> features) {
    know(features);
    wanted.addAll(features);
    return this;
  }

  /** Accept this one, or give the device up. */
  public FeatureNegotiation require(Feature feature) {
    want(List.of(feature));
    required.add(feature);
    return this;
  }

  /**
   * Give the device up if this one is not accepted, which it is only if it is wanted as well: a
   * driver cannot use what it does not know how to.
   */
  public FeatureNegotiation insist(Feature feature) {
    know(List.of(feature));
    required.add(feature);
    return this;
  }

  /** Do not accept this one, wanted or not, for the reason given; of several the last counts. */
  public FeatureNegotiation decline(Feature feature, String reason) {
    know(List.of(feature));
    declined.put(feature, reason);
    return this;
  }

  /**
   * Settles what to accept.
   *
   * @throws VirtioException when a required feature cannot be had
   */
  public FeatureReport negotiate(long offered) {
    Map<Feature, String> refused = new HashMap<>();
    for (Feature feature : wanted) {
      if (declined.containsKey(feature)) {
        refused.put(feature, declined.getOrDefault(feature, ""));
      } else if (!feature.in(offered)) {
        refused.put(feature, "not offered");
      }
    }
    refuseWhatLacksItsNeeds(refused);
    long accepted = 0;
    for (Feature feature : wanted) {
      if (!refused.containsKey(feature)) {
        accepted |= feature.mask();
      }
    }
    for (Feature feature : required) {
      if (!feature.in(accepted)) {
        throw new VirtioException(
            "the driver cannot do without feature %s (bit %d): %s"
                .formatted(feature.name(), feature.bit(), whyNot(feature, refused)));
      }
    }
    return new FeatureReport(offered, accepted, lines(offered, accepted, refused));
  }

  private String whyNot(Feature feature, Map<Feature, String> refused) {
    return refused.getOrDefault(feature, declined.getOrDefault(feature, UNUSED));
  }

  private void refuseWhatLacksItsNeeds(Map<Feature, String> refused) {
    boolean changed;
    do {
      changed = false;
      for (Feature feature : wanted) {
        if (refused.containsKey(feature)) {
          continue;
        }
        for (Set<Feature> alternatives : feature.needs()) {
          if (alternatives.stream().noneMatch(a -> wanted.contains(a) && !refused.containsKey(a))) {
            refused.put(feature, "needs " + names(alternatives) + ", which was not accepted");
            changed = true;
            break;
          }
        }
      }
    } while (changed);
  }

  private static String names(Set<Feature> features) {
    return features.stream().map(Feature::name).sorted().collect(Collectors.joining(" or "));
  }

  private List<FeatureReport.Line> lines(
      long offered, long accepted, Map<Feature, String> refused) {
    List<FeatureReport.Line> lines = new ArrayList<>();
    for (int bit = 0; bit < Long.SIZE; bit++) {
      boolean isOffered = ((offered >>> bit) & 1) != 0;
      boolean isAccepted = ((accepted >>> bit) & 1) != 0;
      Feature feature = known.get(bit);
      if (feature == null) {
        if (isOffered) {
          lines.add(
              new FeatureReport.Line(
                  bit, "bit " + bit, true, false, false, "unknown to this driver"));
        }
        continue;
      }
      boolean isWanted = wanted.contains(feature);
      if (isOffered || isWanted) {
        String reason = isAccepted ? "" : whyNot(feature, refused);
        lines.add(
            new FeatureReport.Line(bit, feature.name(), isOffered, isWanted, isAccepted, reason));
      }
    }
    return lines;
  }
}
