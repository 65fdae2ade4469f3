package virtionet.observe.metrics;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import virtionet.net.Reading;

/**
 * All numbers of a driver at a moment.
 *
 * @param time when it was taken
 * @param nanos the same by {@link System#nanoTime()}: rates are made with the difference of two
 * @param process what is known of the JVM
 * @param devices in the order of their slots
 */
public record MetricsSnapshot(
    Instant time, long nanos, List<Reading> process, List<DeviceMetrics> devices) {
  public MetricsSnapshot {
    Objects.requireNonNull(time, "time");
    process = List.copyOf(process);
    devices = List.copyOf(devices);
  }

  /** The device of that name, if there is one. */
  public Optional<DeviceMetrics> device(String name) {
    Objects.requireNonNull(name, "name");
    return devices.stream().filter(device -> device.name().equals(name)).findFirst();
  }
}
