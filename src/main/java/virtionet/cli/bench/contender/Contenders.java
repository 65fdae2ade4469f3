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
   */
  public static Load open(String name, String place, Traffic traffic, Variation variation) {
    return switch (name) {
      case "raw" -> RawLoop.open(Path.of(place), settings(variation), traffic);
      case "frame" -> new FrameFlow(configuration(place, variation), traffic, variation);
      case "batch" -> new BatchFlow(configuration(place, variation), traffic, variation);
      case "packet-java" -> new PacketLoop(place, traffic);
      default -> throw new IllegalArgumentException("no contender of Java is called " + name);
    };
  }

  /**
   * What is otherwise than reference.conf has it.
   *
   * @param split whether the packed ring is not to be used
   * @param poll whether the rings are looked at for a while before an interrupt is waited for; the
   *     raw queues never wait
   * @param metrics whether a stream's driver is asked for its metrics each second
   * @param spans whether one batch in so many has spans of OpenTelemetry
   * @param pcap whether a stream of frames is captured
   */
  public record Variation(
      boolean split, boolean paranoid, boolean poll, boolean metrics, boolean spans, boolean pcap) {
    private Set<String> disabled() {
      return split ? Set.of("RING_PACKED") : Set.of();
    }
  }

  private static NetSettings settings(Variation variation) {
    NetSettings usual = NetSettings.defaults();
    return new NetSettings(
            usual.receiveQueueSize(),
            usual.transmitQueueSize(),
            usual.bufferSize(),
            usual.resetTimeout(),
            variation.disabled())
        .withParanoid(variation.paranoid());
  }

  private static Map<String, Object> configuration(String socket, Variation variation) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("akka.loggers", List.of("akka.event.slf4j.Slf4jLogger"));
    settings.put("akka.loglevel", "WARNING");
    // As the commands have it: what runs on the stream never waits.
    settings.put("akka.stream.materializer.dispatcher", "virtionet.event-loop");
    settings.put("virtionet.machine.type", "vhost-user");
    settings.put("virtionet.machine.vhost-user.socket", socket);
    settings.put("virtionet.disabled-features", List.copyOf(variation.disabled()));
    settings.put("virtionet.paranoid", variation.paranoid());
    if (variation.poll()) {
      settings.put("virtionet.busy-poll", "100us");
    }
    return settings;
  }
}
