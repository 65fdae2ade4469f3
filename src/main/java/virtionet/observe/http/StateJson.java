package virtionet.observe.http;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import virtionet.net.Reading;
import virtionet.observe.metrics.DeviceMetrics;
import virtionet.observe.metrics.MetricsSnapshot;

/**
 * A snapshot as JSON: of each metric by its constant's name the value, or one for each place. Names
 * stay and are added to; their order says nothing.
 */
final class StateJson {
  private StateJson() {}

  static String of(MetricsSnapshot snapshot) {
    Map<String, Object> all = map(snapshot);
    all.put("devices", snapshot.devices().stream().map(StateJson::map).toList());
    return text(all);
  }

  /** All but the devices. */
  static Map<String, Object> map(MetricsSnapshot snapshot) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("time", snapshot.time().toEpochMilli());
    all.put("nanos", snapshot.nanos());
    all.put("process", values(snapshot.process()));
    return all;
  }

  static String text(Map<String, Object> all) {
    try {
      return JSON.std.asString(all);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Map<String, Object> map(DeviceMetrics device) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("name", device.name());
    all.put("state", device.state().name());
    all.put("detail", device.detail());
    device
        .handle()
        .ifPresent(
            handle -> {
              all.put("mac", handle.events().mac().toString());
              all.put("mtu", handle.events().mtu());
              all.put("link", handle.events().link().toString());
            });
    all.put("metrics", values(device.readings()));
    return all;
  }

  private static Map<String, Object> values(List<Reading> readings) {
    Map<String, Object> values = new LinkedHashMap<>();
    Map<String, Map<String, Long>> places = new LinkedHashMap<>();
    for (Reading reading : readings) {
      String name = reading.metric().name();
      reading
          .place()
          .ifPresentOrElse(
              place ->
                  places
                      .computeIfAbsent(name, _ -> new LinkedHashMap<>())
                      .put(place, reading.value()),
              () -> values.put(name, reading.value()));
    }
    values.putAll(places);
    return values;
  }
}
