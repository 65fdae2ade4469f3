package virtionet.observe.prometheus;

import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import virtionet.net.Counter;
import virtionet.net.Gauge;
import virtionet.net.Metric;

/**
 * What a metric is called in Prometheus. All drops are one family, told apart by their reason, so
 * that they can be added up, and a reason that is new shows by itself.
 *
 * @param family without the {@code _total} of one that only grows
 * @param label besides that of the device; empty: none
 * @param value of that label, where the metric itself gives it
 */
public record PrometheusName(
    String family, Optional<String> label, Optional<String> value, boolean cumulative) {
  private static final String PREFIX = "virtionet_";
  private static final String DROPPED = "dropped_";
  private static final String REASON = "reason";

  public PrometheusName {
    Objects.requireNonNull(family, "family");
    Objects.requireNonNull(label, "label");
    Objects.requireNonNull(value, "value");
  }

  /** The name of that metric. */
  public static PrometheusName of(Metric metric) {
    String name = metric.name().toLowerCase(Locale.ROOT);
    return switch (metric) {
      case Counter counter when counter.isDrop() ->
          new PrometheusName(
              PREFIX + DROPPED + "frames",
              Optional.of(REASON),
              Optional.of(name.startsWith(DROPPED) ? name.substring(DROPPED.length()) : name),
              true);
      case Counter _ -> new PrometheusName(PREFIX + name, Optional.empty(), Optional.empty(), true);
      case Gauge gauge ->
          new PrometheusName(
              PREFIX + name, gauge.dimension(), Optional.empty(), gauge.isCumulative());
    };
  }

  /** As it stands in the text, and in a query. */
  public String sample() {
    return cumulative ? family + "_total" : family;
  }

  /** For people: with its labels, that of the device left out. */
  @Override
  public String toString() {
    return sample()
        + label
            .map(name -> "{" + name + value.map("=\"%s\""::formatted).orElse("") + "}")
            .orElse("");
  }
}
