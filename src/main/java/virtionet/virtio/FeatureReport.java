package virtionet.virtio;

import java.util.List;
import java.util.Optional;

/**
 * What came of a feature negotiation.
 *
 * @param offered the device's bits
 * @param accepted the driver's bits: always a subset
 * @param lines one for each bit that was offered or wanted, in the order of the bits
 */
public record FeatureReport(long offered, long accepted, List<Line> lines) {

  /**
   * The fate of one bit.
   *
   * @param name the feature's name, or {@code bit N} for one that this driver does not know
   * @param reason why it was not accepted; empty when it was
   */
  public record Line(
      int bit, String name, boolean offered, boolean wanted, boolean accepted, String reason) {}

  public FeatureReport {
    lines = List.copyOf(lines);
  }

  public boolean accepted(Feature feature) {
    return feature.in(accepted);
  }

  /** Why a feature was not accepted; empty when it was. */
  public Optional<String> whyNot(Feature feature) {
    if (accepted(feature)) {
      return Optional.empty();
    }
    return Optional.of(
        lines.stream()
            .filter(line -> line.bit() == feature.bit())
            .findFirst()
            .map(Line::reason)
            .orElse("neither offered nor wanted"));
  }
}
