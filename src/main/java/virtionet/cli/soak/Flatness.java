package virtionet.cli.soak;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * Whether what the process takes stays as it is: of all samples but those of its warm-up, the
 * median of the first quarter against that of the last.
 */
final class Flatness {
  private static final double MIB = 1 << 20;

  /** Below that there are no quarters to speak of. */
  private static final int FEWEST = 8;

  /** The memory of a QEMU that was killed stays mapped until it is collected: some MiB each. */
  private static final List<Measure> MEASURES =
      List.of(
          new Measure("heap after collection", "MiB", 4, sample -> sample.heap() / MIB),
          new Measure("resident memory of its own", "MiB", 16, sample -> sample.resident() / MIB),
          new Measure(
              "resident memory shared with QEMU", "MiB", 32, sample -> sample.shared() / MIB),
          new Measure("open files", "", 4, Footprint::files),
          new Measure("threads", "", 4, Footprint::threads));

  /**
   * What may grow by a quarter, and by a slack besides.
   *
   * @param unit of the value and of the slack
   */
  private record Measure(
      String label, String unit, double slack, ToDoubleFunction<Footprint> value) {
    double median(List<Footprint> samples) {
      double[] sorted = samples.stream().mapToDouble(value).sorted().toArray();
      return sorted[sorted.length / 2];
    }

    boolean grew(double first, double last) {
      return last > first + first / 4 + slack;
    }

    String show(double number) {
      return unit.isEmpty() ? "%,.0f".formatted(number) : "%,.1f %s".formatted(number, unit);
    }
  }

  private final List<Footprint> samples;

  Flatness(List<Footprint> samples) {
    this.samples = List.copyOf(samples);
  }

  boolean canBeTold() {
    return samples.size() >= FEWEST;
  }

  /** What grew; empty when nothing did, or when there are too few samples to tell. */
  Optional<String> complaint() {
    if (!canBeTold()) {
      return Optional.empty();
    }
    for (Measure measure : MEASURES) {
      double first = measure.median(quarter(0));
      double last = measure.median(quarter(3));
      if (measure.grew(first, last)) {
        return Optional.of(
            "%s grew from %s to %s"
                .formatted(measure.label, measure.show(first), measure.show(last)));
      }
    }
    return Optional.empty();
  }

  private List<Footprint> quarter(int number) {
    return samples.subList(samples.size() * number / 4, samples.size() * (number + 1) / 4);
  }

  /** Rows of a table: what, in the first quarter, in the last. */
  List<List<String>> rows() {
    List<List<String>> rows = new ArrayList<>();
    if (samples.isEmpty()) {
      return rows;
    }
    List<Footprint> first = canBeTold() ? quarter(0) : samples.subList(0, 1);
    List<Footprint> last = canBeTold() ? quarter(3) : List.of(samples.getLast());
    for (Measure measure : MEASURES) {
      rows.add(
          List.of(
              measure.label,
              measure.show(measure.median(first)),
              measure.show(measure.median(last))));
    }
    return rows;
  }
}
