package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.stream.BoundedSourceQueue;
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
import virtionet.testing.Patience;

/** As {@link Station}, for frames that are more than their bytes; each is copied as it comes. */
record FrameStation(
    EthernetConnection connection,
    BoundedSourceQueue<Frame> out,
    BlockingQueue<Frame> in,
    SharedKillSwitch switchOff)
    implements AutoCloseable {
  private static final int OUT = 1024;

  static FrameStation connect(DriverOnQemu driver) {
    return connect(driver, driver.net().flow());
  }

  static FrameStation connect(
      DriverOnQemu driver, Flow<Frame, Frame, CompletionStage<EthernetConnection>> flow) {
    BlockingQueue<Frame> in = new LinkedBlockingQueue<>();
    SharedKillSwitch switchOff = KillSwitches.shared("frame-station");
    var stream =
        Source.<Frame>queue(OUT)
            .viaMat(flow, Keep.both())
            .via(switchOff.flow())
            .to(
                Sink.foreach(
                    frame -> {
                      Frame copy = frame.copy();
                      // First: whoever has the copy may end the driver, and then count its memory.
                      frame.release();
                      in.add(copy);
                    }))
            .run(driver.system());
    return new FrameStation(Patience.answer(stream.second()), stream.first(), in, switchOff);
  }

  void send(Frame frame) {
    assertTrue(out.offer(frame) instanceof QueueOfferResult.Enqueued$, "the stream is over");
  }

  /** The next frame; fails when none comes. */
  Frame receive() throws InterruptedException {
    Frame frame = in.poll(Patience.SECONDS, TimeUnit.SECONDS);
    assertNotNull(frame, "no frame came");
    return frame;
  }

  long count(Counter counter) {
    return connection.counters().getOrDefault(counter, 0L);
  }

  @Override
  public void close() {
    switchOff.shutdown();
  }
}
