package virtionet.observe.metrics;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import virtionet.driver.DeviceHandle;
import virtionet.net.Metric;
import virtionet.net.Reading;

/**
 * A device in numbers, at a moment.
 *
 * @param name the device's
 * @param detail why it is not up; empty when it is
 * @param handle where more can be known of it; empty for one that never was up
 * @param readings of each metric that applies, those of a dimension several times
 */
public record DeviceMetrics(
    String name,
    State state,
    String detail,
    Optional<DeviceHandle> handle,
    List<Reading> readings) {

  /** What has become of it. */
  public enum State {
    UP,
    /** It is being reset and started again. */
    RECOVERING,
    /** It is given up. */
    FAILED,
    /** Its actor did not answer in time: it waits for the device. */
    BUSY
  }

  public DeviceMetrics {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(detail, "detail");
    Objects.requireNonNull(handle, "handle");
    readings = List.copyOf(Objects.requireNonNull(readings, "readings"));
  }

  /** A metric's value, over all its places; 0 where it does not apply. */
  public long get(Metric metric) {
    Objects.requireNonNull(metric, "metric");
    return readings.stream()
        .filter(reading -> reading.metric() == metric)
        .mapToLong(Reading::value)
        .sum();
  }

  /** The value at one place, such as a queue. */
  public long get(Metric metric, String place) {
    Objects.requireNonNull(metric, "metric");
    Objects.requireNonNull(place, "place");
    return readings.stream()
        .filter(reading -> reading.metric() == metric)
        .filter(reading -> reading.place().equals(Optional.of(place)))
        .mapToLong(Reading::value)
        .sum();
  }
}
