package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.Done;
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
 * The driver's end of a wire: a stream of frames, made blocking for the test's thread.
 *
 * @param ended completes when the stream is over, and fails with it
 */
record Station(
    EthernetConnection connection,
    BoundedSourceQueue<Frame> out,
    BlockingQueue<byte[]> in,
    CompletionStage<Done> ended,
    KillSwitch switchOff)
    implements FrameEnd, AutoCloseable {
  /** More than any test has on its way at once: what goes out waits here for the ring. */
  private static final int OUT = 1024;

  static Station connect(
      ActorSystem<?> system, Flow<Frame, Frame, CompletionStage<EthernetConnection>> frames) {
    BlockingQueue<byte[]> in = new LinkedBlockingQueue<>();
    SharedKillSwitch switchOff = KillSwitches.shared("station");
    var stream =
        Source.<Frame>queue(OUT)
            .viaMat(frames, Keep.both())
            .via(switchOff.flow())
            .toMat(
                Sink.foreach(
                    frame -> {
                      byte[] bytes = frame.toByteArray();
                      // First: whoever has the bytes may end the driver, and then count its memory.
                      frame.release();
                      in.add(bytes);
                    }),
                Keep.both())
            .run(system);
    EthernetConnection connection = Patience.answer(stream.first().second());
    return new Station(connection, stream.first().first(), in, stream.second(), switchOff);
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
    byte[] frame = in.poll(Patience.SECONDS, TimeUnit.SECONDS);
    assertNotNull(frame, "no frame came");
    return frame;
  }

  long count(Counter counter) {
    return connection.counters().getOrDefault(counter, 0L);
  }

  /** Leaves; the next client may come. */
  @Override
  public void close() {
    switchOff.shutdown();
  }
}
