package virtionet.cli.trace;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Durations of one kind, and what is told of them. */
final class Latencies {
  /** The columns of {@link #cells()}. */
  static final List<String> HEADER = List.of("p50", "p99", "max");

  private static final int DIGITS = 3;
  private static final double MANY = 100;

  private final Histogram nanos = new Histogram(DIGITS);

  void add(long duration) {
    nanos.recordValue(Math.max(0, duration));
  }

  long count() {
    return nanos.getTotalCount();
  }

  List<String> cells() {
    return count() == 0
        ? List.of("-", "-", "-")
        : List.of(
            text(nanos.getValueAtPercentile(50)),
            text(nanos.getValueAtPercentile(99)),
            text(nanos.getMaxValue()));
  }

  /** A duration in the unit that suits it. */
  static String text(long nanos) {
    if (Math.abs(nanos) < TimeUnit.MILLISECONDS.toNanos(1)) {
      return text(nanos / 1e3, "µs");
    }
    return Math.abs(nanos) < TimeUnit.SECONDS.toNanos(1)
        ? text(nanos / 1e6, "ms")
        : text(nanos / 1e9, "s");
  }

  private static String text(double value, String unit) {
    return String.format(Locale.ROOT, Math.abs(value) < MANY ? "%.1f %s" : "%.0f %s", value, unit);
  }
}
