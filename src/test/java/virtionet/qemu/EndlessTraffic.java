package virtionet.qemu;

import akka.Done;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.io.IOException;
import java.util.concurrent.CompletionStage;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.stream.EthernetConnection;
import virtionet.testing.Patience;
import virtionet.testing.TestBytes;
import virtionet.testing.Wire;

/**
 * A client that sends for ever, and to which much is on its way, so that whatever happens to the
 * machine happens in the midst of it.
 */
record EndlessTraffic(EthernetConnection connection, CompletionStage<Done> ended) {
  private static final int LENGTH = 200;

  /** Returns when frames flow. */
  static EndlessTraffic start(DriverOnQemu driver, Wire wire) throws IOException {
    var stream =
        Source.repeat(TestBytes.frame(0, LENGTH))
            .map(Frame::copyOf)
            .viaMat(driver.net().flow(), Keep.right())
            .toMat(Sink.foreach(Frame::release), Keep.both())
            .run(driver.system());
    EthernetConnection connection = Patience.answer(stream.first());
    Patience.until(
        "traffic", () -> connection.counters().getOrDefault(Counter.TRANSMITTED_FRAMES, 0L) > 1000);
    // Some of these may wait for the stream when it ends.
    driver.holdFrames();
    for (int i = 0; i < LENGTH; i++) {
      wire.send(TestBytes.frame(i, LENGTH));
    }
    return new EndlessTraffic(connection, stream.second());
  }
}
