package virtionet.lattice;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.typed.ActorSystem;
import akka.stream.BoundedSourceQueue;
import akka.stream.KillSwitch;
import akka.stream.KillSwitches;
import akka.stream.QueueOfferResult;
import akka.stream.SharedKillSwitch;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.stream.EthernetConnection;
import virtionet.testing.FrameEnd;
import virtionet.testing.Patience;

/**
 * The driver's end of the wire: a stream of frames, made blocking for the test's thread. It holds
 * each frame, in the buffers that the device wrote, until the test takes it.
 */
public record NearEnd(
    EthernetConnection connection,
    BoundedSourceQueue<Frame> out,
    BlockingQueue<Frame> in,
    KillSwitch switchOff)
    implements FrameEnd, AutoCloseable {
  /** More than any burst here. */
  private static final int OUT = 1024;

  public static NearEnd connect(
      ActorSystem<?> system, Flow<Frame, Frame, CompletionStage<EthernetConnection>> frames) {
    BlockingQueue<Frame> in = new LinkedBlockingQueue<>();
    SharedKillSwitch switchOff = KillSwitches.shared("near-end");
    var stream =
        Source.<Frame>queue(OUT)
            .viaMat(frames, Keep.both())
            .via(switchOff.flow())
            .to(Sink.foreach(in::add))
            .run(system);
    return new NearEnd(Patience.answer(stream.second()), stream.first(), in, switchOff);
  }

  @Override
  public void send(byte[] frame) {
    send(Frame.wrap(frame));
  }

  void send(Frame frame) {
    assertTrue(out.offer(frame) instanceof QueueOfferResult.Enqueued$, "the stream is over");
  }

  @Override
  public byte[] receive() throws InterruptedException {
    Frame frame = hold();
    byte[] bytes = frame.toByteArray();
    frame.release();
    return bytes;
  }

  /** The next frame, which the caller holds. */
  Frame hold() throws InterruptedException {
    Frame frame = in.poll(Patience.SECONDS, TimeUnit.SECONDS);
    assertNotNull(frame, "no frame came");
    return frame;
  }

  long count(Counter counter) {
    return connection.counters().getOrDefault(counter, 0L);
  }

  /** Leaves. */
  @Override
  public void close() {
    switchOff.shutdown();
    in.forEach(Frame::release);
  }
}
