package virtionet.cli.bench.dpdk;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import virtionet.cli.bench.Series;

/** What people read at the end. */
public final class Report {
  private static final String MISSING = "-";
  private static final double MICRO = 1e-3;

  private final Results results;

  public Report(Results results) {
    this.results = results;
  }

  /** A table with its title. */
  public record Table(String title, List<String> header, List<List<String>> rows) {}

  /** A measurement, as it is made. */
  static String line(Contender contender, Trial trial, Measurement measured) {
    String text =
        "%-20s %-26s %8.3f M frames/s"
            .formatted(contender.name(), trial.title(), measured.rate() / 1e6);
    if (!measured.trips().isEmpty()) {
      text +=
          ", round trip p50 %.2f µs, p99.99 %.1f µs"
              .formatted(trip(measured, 50) * MICRO, trip(measured, 99.99) * MICRO);
    }
    if (measured.allocated().isPresent()) {
      text += ", %.1f B/frame".formatted(measured.allocated().getAsDouble());
    }
    return measured.lost() > 0 ? text + ", %,d lost".formatted(measured.lost()) : text;
  }

  static double trip(Measurement measured, double percentile) {
    return measured.trips().getOrDefault(percentile, Double.NaN);
  }

  /** The number that a trial is judged by: frames a second, or a round trip in nanoseconds. */
  static ToDoubleFunction<Measurement> judged(Trial trial) {
    if (!trial.isTimed()) {
      return Measurement::rate;
    }
    double percentile = trial.rate() > 0 ? 99.99 : 50;
    return measured -> trip(measured, percentile);
  }

  /** One for each trial, then one that compares with others than DPDK as it is by default. */
  public List<Table> tables() {
    Bench.Plan plan = results.plan();
    List<Table> tables = new ArrayList<>();
    for (Trial trial : Trial.all(plan.modes(), plan.sizes())) {
      tables.add(trial.isTimed() ? trips(trial) : rates(trial));
    }
    List<List<String>> others = others();
    if (!others.isEmpty()) {
      tables.add(
          new Table(
              "Against others, " + Trial.MAIN.title(),
              List.of("", "frames/s, ratio of each round", "goal"),
              others));
    }
    return tables;
  }

  private Table rates(Trial trial) {
    List<List<String>> rows =
        results.plan().contenders().stream()
            .map(
                contender ->
                    List.of(
                        contender.title(),
                        results
                            .series(contender, trial, measured -> measured.rate() / 1e6)
                            .text("%.3f"),
                        ratio(contender, trial),
                        Goals.of(contender, trial),
                        allocated(contender, trial),
                        lost(contender, trial)))
            .toList();
    return new Table(
        trial.title() + ": " + meaning(trial),
        List.of("", "M frames/s", "of DPDK's", "goal", "heap B/frame", "lost"),
        rows);
  }

  private static String meaning(Trial trial) {
    return switch (trial.mode()) {
      case IO -> "each frame is sent back, the device counts those that return";
      case RX -> "the device sends, the contender takes and drops";
      case TX -> "the contender sends, the device counts";
    };
  }

  private Table trips(Trial trial) {
    List<List<String>> rows =
        results.plan().contenders().stream()
            .map(
                contender ->
                    Stream.concat(
                            Stream.of(contender.title(), held(contender, trial)),
                            Stream.concat(
                                Stream.of(50.0, 99.0, 99.9, 99.99)
                                    .map(percentile -> trip(contender, trial, percentile)),
                                Stream.of(ratio(contender, trial), Goals.of(contender, trial))))
                        .toList())
            .toList();
    return new Table(
        trial.title() + ": round trip in µs, by the device's clock",
        List.of(
            "",
            "M frames/s",
            "p50",
            "p99",
            "p99.9",
            "p99.99",
            trial.rate() > 0 ? "p99.99 over DPDK's" : "p50 over DPDK's",
            "goal"),
        rows);
  }

  /** A contender that cannot keep up has a queue that grows, and times that say nothing else. */
  private String held(Contender contender, Trial trial) {
    Series rates = results.series(contender, trial, measured -> measured.rate() / 1e6);
    if (rates.values().isEmpty()) {
      return MISSING;
    }
    boolean tooSlow = trial.rate() > 0 && rates.median() * 1e6 < 0.98 * trial.rate();
    return format("%.3f", rates.median()) + (tooSlow ? " (too slow)" : "");
  }

  private String trip(Contender contender, Trial trial, double percentile) {
    Series trips =
        Series.of(
            results.series(contender, trial, m -> trip(m, percentile) * MICRO).values().stream()
                .filter(Double::isFinite)
                .toList());
    return trips.values().isEmpty() ? MISSING : format("%.2f", trips.median());
  }

  private String ratio(Contender contender, Trial trial) {
    return contender.equals(Contender.DPDK)
        ? ""
        : orMissing(results.ratios(contender, Contender.DPDK, trial, judged(trial)), "%.2f");
  }

  private String allocated(Contender contender, Trial trial) {
    Series bytes =
        Series.of(
            results.of(contender, trial).stream()
                .flatMap(measured -> measured.allocated().stream().boxed())
                .toList());
    return bytes.values().isEmpty() ? "" : format("%.1f", bytes.median());
  }

  private String lost(Contender contender, Trial trial) {
    long lost = results.of(contender, trial).stream().mapToLong(Measurement::lost).sum();
    return lost == 0 ? "" : format("%,d", lost);
  }

  private List<List<String>> others() {
    List<List<String>> rows = new ArrayList<>();
    for (Contender contender : results.plan().contenders()) {
      for (Contender other : results.plan().contenders()) {
        boolean ours =
            contender.kind() == Contender.Kind.RAW || contender.kind() == Contender.Kind.BATCH;
        boolean theirs =
            other.kind().isKernel() || other.variants().contains(Contender.Variant.PACKED);
        Series ratios = results.ratios(contender, other, Trial.MAIN, Measurement::rate);
        if (ours && theirs && !ratios.values().isEmpty()) {
          rows.add(
              List.of(
                  contender.title() + " / " + other.title(),
                  ratios.text("%.2f"),
                  goal(contender, other)));
        }
      }
    }
    return rows;
  }

  private static String goal(Contender contender, Contender other) {
    if (other.kind() == Contender.Kind.PACKET_JAVA) {
      return "15";
    }
    return other.kind() == Contender.Kind.DPDK && contender.kind() == Contender.Kind.RAW
        ? "0.8"
        : "";
  }

  /** How far the figures can be trusted. */
  public List<String> noise() {
    List<String> lines = new ArrayList<>();
    Series device =
        Series.of(results.everything().stream().map(Measurement::deviceShare).sorted().toList());
    if (!device.values().isEmpty()) {
      lines.add(
          format(
              "noise: the device had %.0f %% of its core in the median, %.0f %% at the least",
              100 * device.median(), 100 * device.values().getFirst()));
    }
    Series own = results.series(Contender.DPDK, Trial.MAIN, Measurement::rate);
    if (!own.values().isEmpty()) {
      List<Double> sorted = own.values().stream().sorted().toList();
      lines.add(
          format(
              "noise: DPDK's own rounds differ by a factor of %.2f",
              sorted.getLast() / sorted.getFirst()));
    }
    results
        .noise()
        .ifPresent(
            noise ->
                lines.add(
                    format(
                        "noise: the host took %.1f %% of the processors, all together were busy for"
                            + " %.0f %%; load %.1f before, %.1f after",
                        100 * noise.stolen(),
                        100 * noise.busy(),
                        noise.loadBefore(),
                        noise.loadAfter())));
    if (!results.isWeighted()) {
      lines.add("noise: the scheduler could not be told to prefer the measured programs");
    }
    return lines;
  }

  /** What scripts read. */
  public String lastLine() {
    return "bench: %s (ratios to DPDK virtio-user, io 64 B)"
        .formatted(
            Stream.of(Contender.Kind.RAW, Contender.Kind.BATCH, Contender.Kind.FRAME)
                .map(kind -> kind.word() + " " + mainRatio(new Contender(kind, List.of())))
                .collect(Collectors.joining(" ")));
  }

  private String mainRatio(Contender contender) {
    Series ratios = results.ratios(contender, Contender.DPDK, Trial.MAIN, Measurement::rate);
    return ratios.values().isEmpty() ? MISSING : format("%.2f", ratios.median());
  }

  private static String orMissing(Series series, String format) {
    return series.values().isEmpty() ? MISSING : series.text(format);
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be one more dependency
  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
