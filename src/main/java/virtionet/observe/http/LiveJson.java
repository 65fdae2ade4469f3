package virtionet.observe.http;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import virtionet.driver.DeviceHandle;
import virtionet.driver.RingPicture;
import virtionet.net.Counter;
import virtionet.observe.metrics.DeviceMetrics;
import virtionet.observe.metrics.MetricsSnapshot;
import virtionet.virtio.FeatureReport;

/** What the live page shows: a snapshot, and what there is besides numbers. Any thread. */
final class LiveJson {
  /** Of rings that are larger or more, the rest is left out: it would fit no screen. */
  private static final int MOST_SLOTS = 2048;

  private static final int MOST_RINGS = 8;

  private static final List<String> DROPS =
      Stream.of(Counter.values()).filter(Counter::isDrop).map(Counter::name).toList();

  private final EventLogs events = new EventLogs();

  String of(MetricsSnapshot snapshot) {
    Map<String, Object> all = StateJson.map(snapshot);
    all.put("drops", DROPS);
    all.put("devices", snapshot.devices().stream().map(this::device).toList());
    return StateJson.text(all);
  }

  /** Hears of no device any more. */
  void close() {
    events.close();
  }

  private Map<String, Object> device(DeviceMetrics device) {
    Map<String, Object> all = StateJson.map(device);
    all.put("actors", ActorTree.of(device).stream().map(LiveJson::actor).toList());
    device.handle().ifPresent(handle -> add(all, handle));
    return all;
  }

  private void add(Map<String, Object> all, DeviceHandle handle) {
    List<Object> rings = new ArrayList<>();
    for (RingPicture ring : handle.rings()) {
      if (rings.size() < MOST_RINGS) {
        String slots = ring.slots();
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("queue", ring.queue());
        shown.put("size", slots.length());
        shown.put("slots", slots.substring(0, Math.min(slots.length(), MOST_SLOTS)));
        rings.add(shown);
      }
    }
    all.put("rings", rings);
    all.put("features", handle.info().features().lines().stream().map(LiveJson::feature).toList());
    all.put(
        "events",
        events.of(handle).stream()
            .map(event -> Map.of("time", event.time().toEpochMilli(), "text", event.text()))
            .toList());
  }

  private static Map<String, Object> actor(ActorTree.Entry actor) {
    return Map.of(
        "path", actor.path(), "alive", actor.alive(), "state", actor.state(), "does", actor.does());
  }

  private static Map<String, Object> feature(FeatureReport.Line line) {
    return Map.of(
        "bit", line.bit(),
        "name", line.name(),
        "offered", line.offered(),
        "accepted", line.accepted(),
        "reason", line.reason());
  }
}
