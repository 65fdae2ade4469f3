package virtionet.examples;

import akka.Done;
import akka.NotUsed;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.OverflowStrategy;
import akka.stream.javadsl.BroadcastHub;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.MergeHub;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import virtionet.VirtioNet;
import virtionet.driver.Device;
import virtionet.driver.DeviceLostException;
import virtionet.net.Frame;
import virtionet.net.MacAddress;

// docs/examples.md: from here
/** An Ethernet switch: each network device of the machine is a port of it. */
public final class LearningSwitch {
  private static final int QUEUE = 256;
  private static final int MOST_ADDRESSES = 4_096;

  /** Which port each station was last heard on. The one stream that routes uses it, nobody else. */
  private final Map<MacAddress, String> stations = new HashMap<>();

  private final VirtioNet net;
  private final ActorSystem<?> system;
  private final Sink<Passing, NotUsed> in;
  private final Source<Passing, NotUsed> out;

  /**
   * A frame inside the switch.
   *
   * @param to the port that it leaves by; empty: all but the one it came from
   * @param copy on the heap: a hub that stops forgets what it holds, and a device's buffer that was
   *     forgotten would be lost to the device
   */
  private record Passing(String from, Optional<String> to, Frame copy) {
    /** Whoever takes a frame from a device releases it; here a copy goes on, and it does not. */
    static Passing take(String from, Frame frame) {
      try {
        return new Passing(from, Optional.empty(), frame.copy());
      } finally {
        frame.release();
      }
    }

    boolean leavesBy(String port) {
      return !port.equals(from) && to.map(port::equals).orElse(true);
    }

    /** A frame has one holder: flooded, each port sends one of its own. */
    Frame frame() {
      return to.isPresent() ? copy : copy.copy();
    }

    MacAddress address(int offset) {
      return MacAddress.of(
          copy.segment().asSlice(offset, MacAddress.LENGTH).toArray(ValueLayout.JAVA_BYTE), 0);
    }
  }

  /**
   * A switch without a port.
   *
   * @param ports how many devices will be plugged in; frames pass once they are
   */
  public LearningSwitch(ActorSystem<?> system, int ports) {
    this.system = system;
    net = VirtioNet.get(system);
    var hubs =
        MergeHub.of(Passing.class, QUEUE)
            .map(this::route)
            .toMat(BroadcastHub.of(Passing.class, ports, QUEUE), Keep.both())
            .run(system);
    in = hubs.first();
    out = hubs.second();
  }

  private Passing route(Passing frame) {
    MacAddress source = frame.address(6);
    boolean room = stations.size() < MOST_ADDRESSES || stations.containsKey(source);
    if (!source.isMulticast() && room) {
      stations.put(source, frame.from());
    }
    String port = stations.get(frame.address(0)); // none of a group's: it is never learned
    return new Passing(frame.from(), Optional.ofNullable(port), frame.copy());
  }

  /** Plugs a device in; completes when it lets the frames of all stations pass. */
  public CompletionStage<Done> plug(String port) {
    Sink<Frame, NotUsed> received =
        Flow.<Frame>create()
            .map(frame -> Passing.take(port, frame))
            .recoverWith(DeviceLostException.class, Source::empty) // the driver has told of it
            .to(in);
    Source<Frame, NotUsed> toSend =
        out.filter(frame -> frame.leavesBy(port))
            .buffer(QUEUE, OverflowStrategy.dropTail()) // a slow port does not stop the others
            .map(Passing::frame);
    return net.flow(port)
        .join(Flow.fromSinkAndSourceCoupled(received, toSend))
        .run(system)
        .thenCompose(device -> device.control().promiscuous(true));
  }

  public static void main(String[] arguments) {
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "learning-switch");
    VirtioNet.get(system)
        .devices()
        .thenAccept(
            devices -> {
              var learning = new LearningSwitch(system, devices.size());
              for (Device.Description device : devices) {
                String port = device.slot().name();
                learning
                    .plug(port)
                    .thenRun(() -> System.out.println(port + " is a port"))
                    .exceptionally(
                        failure -> {
                          System.err.println(port + ": " + failure.getMessage());
                          return null;
                        });
              }
            })
        .exceptionally(
            failure -> {
              System.err.println(failure.getMessage());
              system.terminate();
              return null;
            });
  }
}
// docs/examples.md: to here
