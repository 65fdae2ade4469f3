package virtionet.cli.bench.dpdk;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import virtionet.cli.bench.contender.Mode;

/** Every number of a run, for programs. */
public final class Json {
  private Json() {}

  /** Writes it to a file. */
  public static void write(Results results, Path file) throws IOException {
    Files.writeString(
        file,
        JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(of(results))
            + System.lineSeparator());
  }

  static Map<String, Object> of(Results results) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("plan", plan(results.plan()));
    all.put("system", system());
    List<Object> measured = new ArrayList<>();
    for (Trial trial : Trial.all(results.plan().modes(), results.plan().sizes())) {
      for (Contender contender : results.plan().contenders()) {
        measured.add(entry(results, contender, trial));
      }
    }
    all.put("results", measured);
    results.noise().ifPresent(noise -> all.put("noise", noise.numbers()));
    all.put("weighted", results.isWeighted());
    all.put("errors", results.errors());
    all.put("lastLine", new Report(results).lastLine());
    return all;
  }

  private static Map<String, Object> plan(Bench.Plan plan) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("contenders", plan.contenders().stream().map(Contender::name).toList());
    map.put("modes", plan.modes().stream().map(Mode::word).toList());
    map.put("sizes", plan.sizes());
    map.put("rounds", plan.rounds());
    map.put("warmupMillis", plan.warmup().toMillis());
    map.put("measuredMillis", plan.measured().toMillis());
    return map;
  }

  private static Map<String, Object> entry(Results results, Contender contender, Trial trial) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("contender", contender.name());
    entry.put("title", contender.title());
    entry.put("trial", trial.title());
    entry.put("mode", trial.mode().word());
    entry.put("size", trial.size());
    entry.put("inFlight", trial.inFlight());
    entry.put("rate", trial.rate());
    entry.put("judgedBy", trial.isTimed() ? "nanoseconds" : "frames per second");
    entry.put("judged", finite(results.series(contender, trial, Report.judged(trial)).values()));
    entry.put(
        "ratiosToDpdk",
        results.ratios(contender, Contender.DPDK, trial, Report.judged(trial)).values());
    entry.put("rounds", results.of(contender, trial).stream().map(Measurement::numbers).toList());
    return entry;
  }

  /** JSON has no word for what is not a number. */
  private static List<Double> finite(List<Double> values) {
    return values.stream().filter(Double::isFinite).toList();
  }

  private static Map<String, Object> system() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("processor", processor().orElse("unknown"));
    map.put("processors", Runtime.getRuntime().availableProcessors());
    map.put("kernel", System.getProperty("os.version"));
    map.put("java", Runtime.version().toString());
    return map;
  }

  private static Optional<String> processor() {
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
