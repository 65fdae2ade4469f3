package virtionet.qemu;

import akka.stream.javadsl.Keep;
import akka.stream.testkit.TestSubscriber;
import akka.stream.testkit.javadsl.TestSink;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.stream.EthernetConnection;
import virtionet.testing.Patience;

/** A client that takes a frame only when it is told to. */
record PullingClient(EthernetConnection connection, TestSubscriber.Probe<Frame> probe) {

  static PullingClient connect(DriverOnQemu driver) {
    var stream =
        driver
            .net()
            .source()
            .toMat(TestSink.create(driver.system()), Keep.both())
            .run(driver.system());
    return new PullingClient(Patience.answer(stream.first()), stream.second());
  }

  /** The next frame, which the caller holds. */
  Frame hold() {
    return probe.requestNext();
  }

  /** The next frame's bytes. */
  byte[] take() {
    Frame frame = hold();
    byte[] bytes = frame.toByteArray();
    frame.release();
    return bytes;
  }

  long count(Counter counter) {
    return connection.counters().getOrDefault(counter, 0L);
  }
}
