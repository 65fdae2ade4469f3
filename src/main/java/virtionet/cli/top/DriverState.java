package virtionet.cli.top;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import virtionet.net.Metric;

/**
 * What a driver told of itself.
 *
 * @param nanos of its clock: the difference of two is the time between them
 * @param process its JVM's values, by their metrics' names
 */
public record DriverState(long nanos, Values process, List<DeviceState> devices) {
  public DriverState {
    Objects.requireNonNull(process, "process");
    devices = List.copyOf(devices);
  }

  /**
   * A device.
   *
   * @param state in the words of {@code DeviceMetrics.State}
   * @param detail why it is not up; empty when it is
   * @param link and MAC and MTU for people
   */
  public record DeviceState(String name, String state, String detail, String link, Values values) {
    public DeviceState {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(state, "state");
      Objects.requireNonNull(detail, "detail");
      Objects.requireNonNull(link, "link");
      Objects.requireNonNull(values, "values");
    }
  }

  /** Values by their names, those of a place by both: {@code RING_SIZE receiveq1}. */
  public record Values(Map<String, Long> byName) {
    public Values {
      byName = Map.copyOf(byName);
    }

    /** 0 where it is not told. */
    public long of(Metric metric) {
      return byName.getOrDefault(metric.name(), 0L);
    }

    /** The same at a place. */
    public long of(Metric metric, String place) {
      return byName.getOrDefault(key(metric.name(), place), 0L);
    }

    /** The sum over the places whose names begin so. */
    public long sum(Metric metric, String places) {
      return byName.entrySet().stream()
          .filter(value -> value.getKey().startsWith(key(metric.name(), places)))
          .mapToLong(Map.Entry::getValue)
          .sum();
    }

    private static String key(String name, String place) {
      return name + " " + place;
    }

    private static Values from(@Nullable Object json) throws IOException {
      Map<String, Long> values = new HashMap<>();
      for (Map.Entry<?, ?> value : object(json).entrySet()) {
        String name = String.valueOf(value.getKey());
        switch (value.getValue()) {
          case Number number -> values.put(name, number.longValue());
          case Map<?, ?> places -> {
            for (Map.Entry<?, ?> place : places.entrySet()) {
              values.put(
                  key(name, String.valueOf(place.getKey())), number(place.getValue()).longValue());
            }
          }
          case null, default -> throw new IOException(name + " is no number");
        }
      }
      return new Values(values);
    }
  }

  /** The device of that name. */
  Optional<DeviceState> device(String name) {
    return devices.stream().filter(device -> device.name().equals(name)).findFirst();
  }

  /**
   * Reads what stands at {@code /state.json}.
   *
   * @throws IOException when it is something else
   */
  public static DriverState parse(String json) throws IOException {
    Map<?, ?> all = object(JSON.std.anyFrom(json));
    List<DeviceState> devices = new ArrayList<>();
    if (!(all.get("devices") instanceof List<?> list)) {
      throw new IOException("no list of devices");
    }
    for (Object device : list) {
      devices.add(device(object(device)));
    }
    return new DriverState(
        number(all.get("nanos")).longValue(), Values.from(all.get("process")), devices);
  }

  private static DeviceState device(Map<?, ?> json) throws IOException {
    String link =
        json.containsKey("mac")
            ? plain(
                "MAC %s, MTU %s, link %s"
                    .formatted(json.get("mac"), json.get("mtu"), json.get("link")))
            : "";
    return new DeviceState(
        text(json.get("name")),
        text(json.get("state")),
        text(json.get("detail")),
        link,
        Values.from(json.get("metrics")));
  }

  private static Map<?, ?> object(@Nullable Object json) throws IOException {
    if (json instanceof Map<?, ?> map) {
      return map;
    }
    throw new IOException("no object where one is to be");
  }

  private static Number number(@Nullable Object json) throws IOException {
    if (json instanceof Number number) {
      return number;
    }
    throw new IOException("no number where one is to be");
  }

  private static String text(@Nullable Object json) throws IOException {
    if (json instanceof String text) {
      return plain(text);
    }
    throw new IOException("no text where one is to be");
  }

  /** Without what a terminal would obey. */
  static String plain(String text) {
    return text.replaceAll("\\p{Cc}", "?");
  }
}
