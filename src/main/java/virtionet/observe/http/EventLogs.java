package virtionet.observe.http;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import virtionet.driver.DeviceHandle;

/** What happened to each device since it was first asked about. Any thread. */
final class EventLogs {
  private final Map<String, Watched> devices = new HashMap<>();
  private boolean closed;

  /** One device, until another is found in its slot. */
  private record Watched(DeviceHandle device, EventLog log) {}

  /** The latest, the newest first. */
  synchronized List<EventLog.Entry> of(DeviceHandle device) {
    if (closed) {
      return List.of();
    }
    String name = device.info().name();
    Watched watched = devices.get(name);
    if (watched == null || watched.device() != device) {
      if (watched != null) {
        watched.device().events().unsubscribe(watched.log());
      }
      watched = new Watched(device, new EventLog());
      devices.put(name, watched);
      device.events().subscribe(watched.log());
    }
    return watched.log().entries();
  }

  /** Hears of no device any more. */
  synchronized void close() {
    closed = true;
    devices.values().forEach(watched -> watched.device().events().unsubscribe(watched.log()));
    devices.clear();
  }
}
