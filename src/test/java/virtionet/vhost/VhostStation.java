package virtionet.vhost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import akka.Done;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.BoundedSourceQueue;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import virtionet.VirtioNet;
import virtionet.driver.Device;
import virtionet.driver.DeviceInfo;
import virtionet.net.BufferBalance;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.stream.EthernetConnection;
import virtionet.testing.Patience;

/**
 * The driver on a vhost-user back-end, in an actor system of its own, and a client of it. At the
 * end each buffer is accounted for, and nobody has forgotten a frame.
 */
final class VhostStation implements AutoCloseable {
  private static final int OUT = 1024;

  private final ActorSystem<Void> system;
  private final BlockingQueue<byte[]> in = new LinkedBlockingQueue<>();
  private final Queue<Frame> held = new ConcurrentLinkedQueue<>();
  private final BoundedSourceQueue<Frame> out;
  private final EthernetConnection connection;
  private final CompletionStage<Done> ended;
  private volatile boolean holding;

  /**
   * @param settings of the driver, in HOCON
   */
  static VhostStation connect(Path socket, String settings) {
    return new VhostStation(system(socket, settings));
  }

  /** An actor system whose driver is to find the back-end at that socket. */
  static ActorSystem<Void> system(Path socket, String settings) {
    return ActorSystem.create(
        Behaviors.empty(),
        "driver-on-vhost-user",
        ConfigFactory.parseString(
                """
                akka.loglevel = WARNING
                virtionet.leak-detection = on
                virtionet.machine { type = vhost-user, vhost-user.socket = "%s" }
                virtionet { %s }
                """
                    .formatted(socket, settings))
            .withFallback(ConfigFactory.load()));
  }

  private VhostStation(ActorSystem<Void> system) {
    this.system = system;
    var stream =
        Source.<Frame>queue(OUT)
            .viaMat(VirtioNet.get(system).flow(), Keep.both())
            .toMat(Sink.foreach(this::take), Keep.both())
            .run(system);
    out = stream.first().first();
    ended = stream.second();
    try {
      connection = Patience.answer(stream.first().second());
    } catch (RuntimeException | AssertionError e) {
      end();
      throw e;
    }
  }

  private void take(Frame frame) {
    in.add(frame.toByteArray());
    if (holding) {
      held.add(frame);
    } else {
      frame.release();
    }
  }

  /** Frames that come are held from now on. */
  void holdFrames() {
    holding = true;
  }

  /** Releases those that are held. */
  void releaseFrames() {
    holding = false;
    for (Frame frame; (frame = held.poll()) != null; ) {
      frame.release();
    }
  }

  /** Those that are held, first to last. */
  List<byte[]> heldFrames() {
    return held.stream().map(Frame::toByteArray).toList();
  }

  DeviceInfo info() {
    return assertInstanceOf(
            Device.Up.class, Patience.answer(VirtioNet.get(system).devices()).getFirst())
        .device()
        .info();
  }

  BlockingQueue<byte[]> in() {
    return in;
  }

  CompletionStage<Done> ended() {
    return ended;
  }

  /** Whether there was room for it before the driver. */
  boolean send(byte[] frame) {
    return out.offer(Frame.wrap(frame)).isEnqueued();
  }

  long count(Counter counter) {
    return connection.counters().getOrDefault(counter, 0L);
  }

  private void end() {
    system.terminate();
    Patience.answer(system.getWhenTerminated());
  }

  @Override
  public void close() {
    end();
    Patience.until("each buffer is in its place", this::isSettled);
    assertEquals(0, count(Counter.FRAMES_LEAKED), "frames that nobody has released");
  }

  private boolean isSettled() {
    BufferBalance balance = connection.buffers();
    return balance.isConserved()
        && balance.posted() == 0
        && balance.inFlight() == 0
        && balance.lent() == 0;
  }
}
