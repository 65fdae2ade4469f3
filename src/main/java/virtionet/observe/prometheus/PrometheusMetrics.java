package virtionet.observe.prometheus;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import virtionet.net.Counter;
import virtionet.net.Metric;
import virtionet.net.Reading;
import virtionet.observe.metrics.DeviceMetrics;
import virtionet.observe.metrics.Metrics;
import virtionet.observe.metrics.MetricsSnapshot;

/** The driver's numbers for Prometheus. */
public final class PrometheusMetrics {
  private static final String DEVICE = "device";
  private static final String DROPS =
      "frames that did not arrive where they should, by the reason why";

  /** Longer than a snapshot takes whatever the devices do; within what Prometheus waits. */
  private static final long PATIENCE_SECONDS = 5;

  private PrometheusMetrics() {}

  /**
   * For an application that has a registry of its own: {@code
   * PrometheusRegistry.defaultRegistry.register(collector)}. Each collection waits for a snapshot;
   * without a driver that answers it throws, as {@link Metrics#snapshot} fails.
   */
  public static MultiCollector collector(Metrics metrics) {
    Objects.requireNonNull(metrics, "metrics");
    return () -> {
      try {
        return of(metrics.snapshot().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CompletionException(e);
      } catch (ExecutionException | TimeoutException e) {
        throw new CompletionException(e.getCause() == null ? e : e.getCause());
      }
    };
  }

  /** A snapshot in the library's words. */
  public static MetricSnapshots of(MetricsSnapshot snapshot) {
    Map<String, Family> families = new LinkedHashMap<>();
    for (Reading reading : snapshot.process()) {
      add(families, Labels.EMPTY, reading);
    }
    for (DeviceMetrics device : snapshot.devices()) {
      Labels labels = Labels.of(DEVICE, device.name());
      device.readings().forEach(reading -> add(families, labels, reading));
    }
    return new MetricSnapshots(families.values().stream().map(Family::snapshot).toList());
  }

  private static void add(Map<String, Family> families, Labels device, Reading reading) {
    var name = PrometheusName.of(reading.metric());
    Labels labels =
        name.label().map(label -> device.add(label, place(name, reading))).orElse(device);
    families
        .computeIfAbsent(
            name.family(), family -> new Family(name, help(reading.metric()), new ArrayList<>()))
        .values()
        .add(new Value(labels, reading.value()));
  }

  private static String place(PrometheusName name, Reading reading) {
    return name.value().or(reading::place).orElse("");
  }

  private static String help(Metric metric) {
    return metric instanceof Counter counter && counter.isDrop()
        ? DROPS
        : metric.label() + ": " + metric.meaning();
  }

  private record Value(Labels labels, double value) {}

  /** What is one metric to Prometheus: the same name, with labels that differ. */
  private record Family(PrometheusName name, String help, List<Value> values) {
    MetricSnapshot snapshot() {
      var metadata = new MetricMetadata(name.family(), help);
      return name.cumulative()
          ? new CounterSnapshot(
              metadata,
              values.stream()
                  .map(each -> new CounterDataPointSnapshot(each.value(), each.labels(), null, 0))
                  .toList())
          : new GaugeSnapshot(
              metadata,
              values.stream()
                  .map(each -> new GaugeDataPointSnapshot(each.value(), each.labels(), null))
                  .toList());
    }
  }
}
