package virtionet.cli.bench.dpdk;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What the judge says of a trial.
 *
 * @param histogram its line of round trips; empty where none were taken
 */
record Verdict(
    long frames, long nanos, long lost, long changed, long processorNanos, String histogram) {
  static final List<Double> PERCENTILES = List.of(50.0, 90.0, 99.0, 99.9, 99.99);

  private static final int DIGITS = 3;

  /** Reads a line of words and numbers in turn. */
  static Verdict of(String result, String histogram) {
    Map<String, Long> numbers = new HashMap<>();
    String[] words = result.split(" ", -1);
    for (int i = 1; i + 1 < words.length; i += 2) {
      numbers.put(words[i], Long.valueOf(words[i + 1]));
    }
    return new Verdict(
        number(numbers, "frames"),
        number(numbers, "nanos"),
        number(numbers, "lost"),
        number(numbers, "changed"),
        number(numbers, "cpu"),
        histogram);
  }

  private static long number(Map<String, Long> numbers, String name) {
    Long number = numbers.get(name);
    if (number == null) {
      throw new BenchException("the judge has not said " + name);
    }
    return number;
  }

  double rate() {
    return frames * 1e9 / nanos;
  }

  /** Nanoseconds by percentile; empty without a round trip. */
  Map<Double, Double> trips() {
    var trips = new Histogram(DIGITS);
    for (String pair : histogram.split(" ", -1)) {
      int colon = pair.indexOf(':');
      if (colon > 0) {
        trips.recordValueWithCount(
            Long.parseLong(pair.substring(0, colon)), Long.parseLong(pair.substring(colon + 1)));
      }
    }
    Map<Double, Double> percentiles = new LinkedHashMap<>();
    if (trips.getTotalCount() > 0) {
      PERCENTILES.forEach(
          percentile ->
              percentiles.put(percentile, (double) trips.getValueAtPercentile(percentile)));
    }
    return percentiles;
  }
}
