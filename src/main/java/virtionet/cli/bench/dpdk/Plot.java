package virtionet.cli.bench.dpdk;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import virtionet.cli.bench.Series;

/**
 * A picture of what {@link Json} wrote: bars with the medians, and on each a line from the least of
 * the rounds to the most. What is judged by time has bars of time: there the short ones are good.
 */
public final class Plot {
  private static final int WIDTH = 860;
  private static final int LEFT = 270;
  private static final int BAR_WIDTH = 430;
  private static final int BAR = 16;
  private static final int ROW = 22;
  private static final int TITLE = 34;

  private final StringBuilder svg = new StringBuilder();
  private int y = 10;

  private record Bar(String title, String name, List<Double> values, List<Double> ratios) {}

  private Plot() {}

  /**
   * Draws it.
   *
   * @param json that was written by a run
   * @throws BenchException when it is something else
   */
  public static void write(Path json, Path svg) throws IOException {
    Files.writeString(svg, of(JSON.std.mapFrom(Files.readString(json))));
  }

  /** Draws a run that has just ended. */
  public static void write(Results results, Path svg) throws IOException {
    Files.writeString(svg, of(Json.of(results)));
  }

  static String of(Map<?, ?> json) {
    if (!(json.get("results") instanceof List<?> results)) {
      throw new BenchException("this is no JSON that bench has written: it has no results");
    }
    Map<String, List<Bar>> panels = new LinkedHashMap<>();
    for (Object result : results) {
      if (result instanceof Map<?, ?> entry) {
        List<Double> values = numbers(entry, "judged");
        if (!values.isEmpty()) {
          panels.computeIfAbsent(panel(entry), _ -> new ArrayList<>()).add(bar(entry, values));
        }
      }
    }
    var plot = new Plot();
    panels.forEach(plot::panel);
    return plot.whole();
  }

  private static String panel(Map<?, ?> entry) {
    String unit =
        isTime(entry)
            ? Integer.valueOf(0).equals(entry.get("rate"))
                ? "round trip, p50, µs"
                : "round trip, p99.99, µs"
            : "million frames a second";
    return "%s: %s".formatted(entry.get("trial"), unit);
  }

  private static boolean isTime(Map<?, ?> entry) {
    return "nanoseconds".equals(entry.get("judgedBy"));
  }

  private static Bar bar(Map<?, ?> entry, List<Double> values) {
    double scale = isTime(entry) ? 1e-3 : 1e-6;
    return new Bar(
        String.valueOf(entry.get("title")),
        String.valueOf(entry.get("contender")),
        values.stream().map(value -> value * scale).toList(),
        numbers(entry, "ratiosToDpdk"));
  }

  private static List<Double> numbers(Map<?, ?> entry, String name) {
    return entry.get(name) instanceof List<?> all
        ? all.stream()
            .filter(Number.class::isInstance)
            .map(number -> ((Number) number).doubleValue())
            .toList()
        : List.of();
  }

  private void panel(String title, List<Bar> bars) {
    double most = bars.stream().mapToDouble(bar -> Collections.max(bar.values)).max().orElse(1);
    text(10, y + 18, "font-weight='bold'", title);
    y += TITLE;
    for (Bar bar : bars) {
      draw(bar, BAR_WIDTH / Math.max(most, Double.MIN_NORMAL));
      y += ROW;
    }
    y += 10;
  }

  private void draw(Bar bar, double scale) {
    double median = Series.of(bar.values).median();
    int middle = y + BAR / 2;
    text(LEFT - 8, y + 12, "text-anchor='end'", bar.title);
    add(
        "<rect x='%d' y='%d' width='%.1f' height='%d' fill='%s'/>",
        LEFT, y, median * scale, BAR, color(bar.name));
    add(
        "<path d='M%.1f %d H%.1f' stroke='#222' stroke-width='1.5'/>",
        LEFT + Collections.min(bar.values) * scale,
        middle,
        LEFT + Collections.max(bar.values) * scale);
    String ratio =
        bar.ratios.isEmpty()
            ? ""
            : String.format(Locale.ROOT, "  (%.2f × DPDK)", Series.of(bar.ratios).median());
    text(
        LEFT + 8 + (int) (Collections.max(bar.values) * scale),
        y + 12,
        "",
        String.format(Locale.ROOT, "%.3g%s", median, ratio));
  }

  private static String color(String contender) {
    if (contender.startsWith("dpdk")) {
      return "#9aa5b1";
    }
    return contender.startsWith("packet") ? "#d9b36c" : "#3d7ea6";
  }

  private void text(int x, int baseline, String style, String text) {
    add("<text x='%d' y='%d' %s>%s</text>", x, baseline, style, escaped(text));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be one more dependency
  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private String whole() {
    return String.format(
            Locale.ROOT,
            "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d'"
                + " font-family='sans-serif' font-size='12'>%n<rect width='100%%' height='100%%'"
                + " fill='white'/>%n",
            WIDTH,
            y)
        + svg
        + "</svg>\n";
  }
}
