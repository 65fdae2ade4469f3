package virtionet.net;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import virtionet.virtio.CommonFeature;
import virtionet.virtio.Feature;

/** What the settings wish of the feature negotiation, checked before there is any device. */
final class FeatureWishes {
  private FeatureWishes() {}

  /**
   * @param disabled names of features that are not to be accepted
   * @param required names of those without which no device is to be used
   * @throws IllegalArgumentException for names that there are not, and wishes that no device can
   *     fulfil
   */
  static void check(Set<String> disabled, Set<String> required) {
    Set<Feature> off = features("disabled-features", disabled);
    for (Feature feature : features("required-features", required)) {
      whyImpossible(feature, off)
          .ifPresent(
              reason -> {
                throw new IllegalArgumentException(
                    "required-features: %s cannot be had: %s".formatted(feature.name(), reason));
              });
    }
  }

  private static Optional<String> whyImpossible(Feature feature, Set<Feature> off) {
    if (off.contains(feature)) {
      return Optional.of(feature.name() + " is among the disabled-features");
    }
    for (Set<Feature> alternatives : feature.needs()) {
      List<String> reasons =
          alternatives.stream().flatMap(need -> whyImpossible(need, off).stream()).toList();
      if (reasons.size() == alternatives.size()) {
        return Optional.of(
            "it needs %s, and %s".formatted(names(alternatives), String.join(", ", reasons)));
      }
    }
    return Optional.empty();
  }

  private static String names(Collection<Feature> features) {
    return features.stream().map(Feature::name).sorted().collect(Collectors.joining(" or "));
  }

  private static Set<Feature> features(String setting, Set<String> names) {
    Set<Feature> features = new HashSet<>();
    names.forEach(name -> features.add(feature(setting, name)));
    return features;
  }

  /** The feature of this name, which was checked. */
  static Feature feature(String name) {
    return feature("a feature's name", name);
  }

  private static Feature feature(String setting, String name) {
    return Stream.<Feature>concat(Stream.of(CommonFeature.values()), Stream.of(NetFeature.values()))
        .filter(feature -> feature.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s: there is no feature '%s'; names are the specification's, as EVENT_IDX"
                        .formatted(setting, name)));
  }
}
