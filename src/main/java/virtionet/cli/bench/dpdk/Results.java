package virtionet.cli.bench.dpdk;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import virtionet.cli.bench.Series;

/** What was measured, round by round. Not thread-safe. */
public final class Results {
  private final Bench.Plan plan;
  private final Map<Contender, Map<Trial, List<Measurement>>> all = new LinkedHashMap<>();
  private final List<String> errors = new ArrayList<>();
  private Optional<Noise> noise = Optional.empty();
  private boolean weighted = true;

  Results(Bench.Plan plan) {
    this.plan = plan;
  }

  Bench.Plan plan() {
    return plan;
  }

  void add(Contender contender, Trial trial, Measurement measurement) {
    all.computeIfAbsent(contender, unknown -> new LinkedHashMap<>())
        .computeIfAbsent(trial, unknown -> new ArrayList<>())
        .add(measurement);
    if (measurement.changed() > 0) {
      error(
          "round %d, %s, %s: %d frames came back changed"
              .formatted(
                  measurement.round(), contender.name(), trial.title(), measurement.changed()));
    }
    // In a blink that may be chance.
    if (measurement.rate() == 0 && plan.measured().toMillis() >= 1000) {
      error(
          "round %d, %s, %s: not a frame passed"
              .formatted(measurement.round(), contender.name(), trial.title()));
    }
  }

  void error(String what) {
    errors.add(what);
  }

  /** What went wrong; empty when all is well. */
  public List<String> errors() {
    return List.copyOf(errors);
  }

  void noise(Noise seen) {
    noise = Optional.of(seen);
  }

  Optional<Noise> noise() {
    return noise;
  }

  /** Says of two processes whether the scheduler was told to prefer them. */
  void weighted(boolean both) {
    weighted &= both;
  }

  boolean isWeighted() {
    return weighted;
  }

  /** In the order of the rounds; empty where there are none. */
  List<Measurement> of(Contender contender, Trial trial) {
    return all.getOrDefault(contender, Map.of()).getOrDefault(trial, List.of());
  }

  /** All of all trials. */
  List<Measurement> everything() {
    return all.values().stream()
        .flatMap(trials -> trials.values().stream())
        .flatMap(List::stream)
        .toList();
  }

  Series series(Contender contender, Trial trial, ToDoubleFunction<Measurement> number) {
    return Series.of(of(contender, trial).stream().mapToDouble(number).boxed().toList());
  }

  /** One contender's number over the other's, of each round that has both. */
  Series ratios(
      Contender contender, Contender other, Trial trial, ToDoubleFunction<Measurement> number) {
    var ratios = new Series();
    for (Measurement mine : of(contender, trial)) {
      of(other, trial).stream()
          .filter(theirs -> theirs.round() == mine.round())
          .mapToDouble(theirs -> number.applyAsDouble(mine) / number.applyAsDouble(theirs))
          .filter(Double::isFinite)
          .forEach(ratios::add);
    }
    return ratios;
  }
}
