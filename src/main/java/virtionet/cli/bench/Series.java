package virtionet.cli.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** One number a round. */
public final class Series {
  private final List<Double> values = new ArrayList<>();

  public static Series of(List<Double> values) {
    var series = new Series();
    series.values.addAll(values);
    return series;
  }

  /** Each round's number over the other's in the same round. */
  Series over(Series other) {
    var ratios = new Series();
    for (int i = 0; i < Math.min(values.size(), other.values.size()); i++) {
      ratios.add(values.get(i) / other.values.get(i));
    }
    return ratios;
  }

  public void add(double value) {
    values.add(value);
  }

  public List<Double> values() {
    return Collections.unmodifiableList(values);
  }

  public double median() {
    return percentile(50);
  }

  /** The nearest rank's value, so that it is one that was measured; between two, the lower. */
  double percentile(double percent) {
    if (values.isEmpty()) {
      return Double.NaN;
    }
    List<Double> sorted = values.stream().sorted().toList();
    int rank = (int) Math.ceil(percent / 100 * sorted.size());
    return sorted.get(Math.clamp(rank - 1, 0, sorted.size() - 1));
  }

  /** Median and, in brackets, least and most. */
  public String text(String format) {
    if (values.isEmpty()) {
      return "missing";
    }
    String pattern = "%s (%s–%s)".formatted(format, format, format);
    return String.format(
        Locale.ROOT, pattern, median(), Collections.min(values), Collections.max(values));
  }
}
