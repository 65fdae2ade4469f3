package virtionet.cli.bench.contender;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import virtionet.net.NetSettings;

/** The Java contenders by their names; where another is to be added. */
public final class Contenders {
  private Contenders() {}

  /**
   * Opens one, connected to its device.
   *
   * @param place the vhost-user socket, or the network interface
   * @param split whether the packed ring is not to be used
   */
  public static Load open(
      String name, String place, Traffic traffic, boolean split, boolean paranoid) {
    return switch (name) {
      case "raw" -> RawLoop.open(Path.of(place), settings(split, paranoid), traffic);
      case "frame" -> new FrameFlow(configuration(place, split, paranoid), traffic);
      case "batch" -> new BatchFlow(configuration(place, split, paranoid), traffic);
      case "packet-java" -> new PacketLoop(place, traffic);
      default -> throw new IllegalArgumentException("no contender of Java is called " + name);
    };
  }

  private static Set<String> disabled(boolean split) {
    return split ? Set.of("RING_PACKED") : Set.of();
  }

  private static NetSettings settings(boolean split, boolean paranoid) {
    NetSettings usual = NetSettings.defaults();
    return new NetSettings(
            usual.receiveQueueSize(),
            usual.transmitQueueSize(),
            usual.bufferSize(),
            usual.resetTimeout(),
            disabled(split))
        .withParanoid(paranoid);
  }

  private static Map<String, Object> configuration(String socket, boolean split, boolean paranoid) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("akka.loggers", List.of("akka.event.slf4j.Slf4jLogger"));
    settings.put("akka.loglevel", "WARNING");
    // As the commands have it: what runs on the stream never waits.
    settings.put("akka.stream.materializer.dispatcher", "virtionet.event-loop");
    settings.put("virtionet.machine.type", "vhost-user");
    settings.put("virtionet.machine.vhost-user.socket", socket);
    settings.put("virtionet.disabled-features", List.copyOf(disabled(split)));
    settings.put("virtionet.paranoid", paranoid);
    // DPDK's drivers never wait for an interrupt.
    settings.put("virtionet.busy-poll", "100us");
    return settings;
  }
}
