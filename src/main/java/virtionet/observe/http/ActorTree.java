package virtionet.observe.http;

import java.util.List;
import virtionet.net.Gauge;
import virtionet.observe.metrics.DeviceMetrics;

/**
 * The actors of a device, as follows from its state: {@code startup} and {@code announcement} live
 * as long as it is not given up, the owners of its queues from a start to the next reset.
 */
final class ActorTree {
  /**
   * An actor.
   *
   * @param path below that of the driver
   * @param state in a few words
   */
  record Entry(String path, boolean alive, String state, String does) {}

  private ActorTree() {}

  static List<Entry> of(DeviceMetrics device) {
    boolean up = device.get(Gauge.DEVICE_UP) == 1;
    boolean served = device.handle().isPresent() && device.state() != DeviceMetrics.State.FAILED;
    String life = up ? "at work" : "stopped until the next start";
    String name = device.name();
    return List.of(
        new Entry(name, true, words(device), "the lives of the device"),
        new Entry(
            name + "/startup",
            served,
            served ? device.get(Gauge.CLIENTS) + " client(s)" : "ended",
            "takes clients in"),
        owner(name + "/interrupt", served, up, life, "owns the receive queues"),
        owner(name + "/upstream", served, up, life, "owns the transmit queues"),
        owner(name + "/control", served, up, life, "owns the control queue"),
        new Entry(
            name + "/announcement", served, served ? "waits" : "ended", "announces the station"));
  }

  private static Entry owner(String path, boolean served, boolean up, String life, String does) {
    return new Entry(path, served && up, served ? life : "ended", does);
  }

  private static String words(DeviceMetrics device) {
    return switch (device.state()) {
      case UP -> "up";
      case RECOVERING -> "recovering";
      case FAILED -> "failed";
      case BUSY -> "waits for the device";
    };
  }
}
