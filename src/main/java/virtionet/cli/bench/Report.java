package virtionet.cli.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What was measured, round by round, and how both compare. Not thread-safe. */
public final class Report {
  static final String KERNEL = "kernel";
  static final String VIRTIONET = "virtionet";
  private static final List<String> SOCKETS = List.of("plain", "batch");

  /** Round trips from the start of a ping that show what a cold JVM does. */
  private static final int FIRST = 200;

  private final Map<String, Series> series = new LinkedHashMap<>();

  /**
   * A line of the table.
   *
   * @param measure what was measured
   * @param ratio virtionet's over the kernel's, of each round
   */
  public record Line(String measure, String kernel, String virtionet, String ratio, String goal) {}

  private Series series(String name) {
    return series.computeIfAbsent(name, unknown -> new Series());
  }

  /**
   * The round trips of one round.
   *
   * @param warmup how many of them are not to count
   * @param millis in the order of sending
   */
  void roundTrips(String who, int warmup, List<Double> millis) {
    Series first = Series.of(millis.subList(0, Math.min(FIRST, millis.size())));
    Series counted = Series.of(millis.subList(Math.min(warmup, millis.size()), millis.size()));
    series("round trip ms, median, " + who).add(counted.median());
    series("round trip ms, p99, " + who).add(counted.percentile(99));
    series("round trip ms, first " + FIRST + ", " + who).add(first.median());
  }

  void frames(String who, int size, WindowTrial.Result result) {
    series("frames/s, " + size + ", " + who).add(result.perSecond());
    series("frames lost, " + size + ", " + who).add((double) result.lost());
    series("frames changed, " + size + ", " + who).add((double) result.changed());
  }

  void work(String who, long frames, long interrupts) {
    series("interrupts per 100 frames, " + who).add(100.0 * interrupts / Math.max(1, frames));
  }

  /** Whether a frame came back with other bytes than it was sent with. */
  boolean hasChangedFrames() {
    return series.entrySet().stream()
        .filter(entry -> entry.getKey().startsWith("frames changed"))
        .anyMatch(entry -> entry.getValue().values().stream().anyMatch(count -> count > 0));
  }

  /** Each series by its name. */
  public Map<String, List<Double>> numbers() {
    var numbers = new LinkedHashMap<String, List<Double>>();
    series.forEach((name, values) -> numbers.put(name, values.values()));
    return numbers;
  }

  /** Medians, least and most of the rounds. */
  public List<Line> lines() {
    List<Line> lines = new ArrayList<>();
    lines.add(roundTrip("round trip, median", "median", "at most 1.2"));
    lines.add(roundTrip("round trip, p99", "p99", ""));
    lines.add(roundTrip("round trip, first " + FIRST + " (cold)", "first " + FIRST, ""));
    for (int size : GuestBench.SIZES) {
      for (String socket : SOCKETS) {
        Series kernel = series("frames/s, %d, %s-%s".formatted(size, KERNEL, socket));
        Series virtionet = series("frames/s, %d, %s".formatted(size, VIRTIONET));
        lines.add(
            new Line(
                "frames/s, %d bytes, AF_PACKET %s".formatted(size, socket),
                kernel.text("%,.0f"),
                virtionet.text("%,.0f"),
                virtionet.over(kernel).text("%.2f"),
                "at least 1.5"));
      }
    }
    for (String socket : SOCKETS) {
      Series kernel = series("interrupts per 100 frames, %s-%s".formatted(KERNEL, socket));
      Series virtionet = series("interrupts per 100 frames, " + VIRTIONET);
      lines.add(
          new Line(
              "interrupts per 100 frames, AF_PACKET " + socket,
              kernel.text("%.1f"),
              virtionet.text("%.1f"),
              "",
              ""));
    }
    return lines;
  }

  private Line roundTrip(String measure, String name, String goal) {
    Series kernel = series("round trip ms, %s, %s".formatted(name, KERNEL));
    Series virtionet = series("round trip ms, %s, %s".formatted(name, VIRTIONET));
    return new Line(
        measure,
        kernel.text("%.3f") + " ms",
        virtionet.text("%.3f") + " ms",
        virtionet.over(kernel).text("%.2f"),
        goal);
  }
}
