package virtionet.lattice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import virtionet.net.NetFeature;
import virtionet.virtio.CommonFeature;
import virtionet.virtio.Feature;
import virtionet.virtio.FeatureReport;

/**
 * A point of the lattice: the register interface, and which of the features are on that decide how
 * virtqueues and their buffers look.
 *
 * @param on a subset of {@link #VARIED}
 */
public record Combination(boolean legacy, Set<Feature> on) {

  /** Each is on in one half of the combinations, and off in the other. */
  public static final List<Feature> VARIED =
      List.of(
          CommonFeature.RING_PACKED,
          CommonFeature.EVENT_IDX,
          CommonFeature.INDIRECT_DESC,
          CommonFeature.IN_ORDER,
          CommonFeature.ANY_LAYOUT,
          NetFeature.MRG_RXBUF);

  /** Why the specification does not have a combination. */
  public enum Exclusion {
    /** A legacy device has one word of features, 0 to 31 (VirtIO 1.3 §4.2.4): no bit 34. */
    LEGACY_HAS_NO_PACKED_RING,
    /** As before: no bit 35. */
    LEGACY_HAS_NO_IN_ORDER,
    /** VERSION_1 says as much by itself (§2.7.4); the bit is a legacy one (§6.3). */
    MODERN_NEEDS_NO_ANY_LAYOUT
  }

  public Combination {
    on = Set.copyOf(on);
  }

  /** All of them, those that are excluded as well. */
  public static Stream<Combination> all() {
    return Stream.of(false, true)
        .flatMap(
            legacy ->
                IntStream.range(0, 1 << VARIED.size())
                    .mapToObj(bits -> new Combination(legacy, subset(bits))));
  }

  private static Set<Feature> subset(int bits) {
    Set<Feature> subset = new HashSet<>();
    for (int i = 0; i < VARIED.size(); i++) {
      if ((bits >>> i & 1) != 0) {
        subset.add(VARIED.get(i));
      }
    }
    return subset;
  }

  /** Those that the specification has. */
  public static Stream<Combination> possible() {
    return all().filter(combination -> combination.exclusions().isEmpty());
  }

  /** What was negotiated with a device. */
  public static Combination of(boolean legacy, FeatureReport report) {
    Set<Feature> on = new HashSet<>(VARIED);
    on.removeIf(feature -> !report.accepted(feature));
    return new Combination(legacy, on);
  }

  /** Each rule that excludes this combination; none, as a rule. */
  public List<Exclusion> exclusions() {
    List<Exclusion> exclusions = new ArrayList<>();
    if (legacy && has(CommonFeature.RING_PACKED)) {
      exclusions.add(Exclusion.LEGACY_HAS_NO_PACKED_RING);
    }
    if (legacy && has(CommonFeature.IN_ORDER)) {
      exclusions.add(Exclusion.LEGACY_HAS_NO_IN_ORDER);
    }
    if (!legacy && has(CommonFeature.ANY_LAYOUT)) {
      exclusions.add(Exclusion.MODERN_NEEDS_NO_ANY_LAYOUT);
    }
    return exclusions;
  }

  public boolean has(Feature feature) {
    return on.contains(feature);
  }

  /** The bits of those features that are on. */
  public long mask() {
    return on.stream().mapToLong(Feature::mask).reduce(0, (mask, bit) -> mask | bit);
  }

  /** Whether the virtio header has a descriptor of its own (VirtIO 1.3 §5.1.6.6). */
  public boolean separatesHeader() {
    return legacy && !has(CommonFeature.ANY_LAYOUT);
  }

  /** Bytes of the virtio header: without num_buffers in the one case (VirtIO 1.3 §5.1.6.1). */
  public int headerLength() {
    return legacy && !has(NetFeature.MRG_RXBUF) ? 10 : 12;
  }

  /** Checks that exactly this was negotiated. */
  public void assertNegotiated(FeatureReport report) {
    assertEquals(this, of(legacy, report));
    assertEquals(!legacy, report.accepted(CommonFeature.VERSION_1), "VERSION_1");
  }

  /** As a test's name: the interface, and each feature with whether it is on. */
  @Override
  public String toString() {
    var text = new StringBuilder(legacy ? "legacy" : "modern");
    text.append(has(CommonFeature.RING_PACKED) ? ", packed" : ", split");
    for (Feature feature : VARIED) {
      boolean said =
          feature == CommonFeature.RING_PACKED
              || (feature == CommonFeature.ANY_LAYOUT && !legacy)
              || (feature == CommonFeature.IN_ORDER && legacy);
      if (!said || (has(feature) && !exclusions().isEmpty())) {
        text.append(has(feature) ? ", " : ", no ").append(feature.name());
      }
    }
    return text.toString();
  }
}
