package virtionet.cluster;

import akka.actor.typed.ActorSystem;
import akka.stream.javadsl.Flow;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import virtionet.Ethernet;
import virtionet.net.Frame;

/**
 * Network devices of other nodes: {@code RemoteEthernet.flow(system, patience)} is a stream of
 * frames as {@code VirtioNet.get(otherSystem).flow()} would be there. The service {@code
 * device/ethernet} is found through the Receptionist; docs/cluster.md tells what the nodes need.
 *
 * <p>Frames that go in are copied and released, those that come out lie on the heap. What this node
 * does not pull waits at the device's node, whose driver drops what has no room, and counts it.
 * When either node is lost, the stream on the other fails or ends, as soon as the cluster has seen
 * it.
 */
public final class RemoteEthernet {
  private RemoteEthernet() {}

  /**
   * The first device of the first node that lets this one have it. Fails with a {@link
   * virtionet.stream.ConnectionRefusedException} that tells why there is none.
   *
   * @param patience how long a service may take to be found and to answer
   */
  public static Flow<Frame, Frame, CompletionStage<RemoteDevice>> flow(
      ActorSystem<?> system, Duration patience) {
    Objects.requireNonNull(system, "system");
    Objects.requireNonNull(patience, "patience");
    return Flow.fromMaterializer(
            (materializer, attributes) -> {
              CompletionStage<RemoteDevice> device = connect(system, patience);
              return Flow.completionStageFlow(device.thenApply(RemoteDevice::frames))
                  .mapMaterializedValue(running -> device);
            })
        .mapMaterializedValue(device -> device.thenCompose(Function.identity()));
  }

  /** The same for those who need to know the device before they run its frames. */
  public static CompletionStage<RemoteDevice> connect(ActorSystem<?> system, Duration patience) {
    return connect(system, Ethernet.SERVICE.id(), Optional.empty(), patience);
  }

  /**
   * The same of a certain device.
   *
   * @param service the setting {@code virtionet.service} of the device's node
   * @param device its name there; empty for the first
   */
  public static CompletionStage<RemoteDevice> connect(
      ActorSystem<?> system, String service, Optional<String> device, Duration patience) {
    Objects.requireNonNull(system, "system");
    Objects.requireNonNull(service, "service");
    Objects.requireNonNull(device, "device");
    Objects.requireNonNull(patience, "patience");
    return ServiceFinder.find(system, service, device, patience);
  }
}
