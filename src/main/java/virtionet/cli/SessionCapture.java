package virtionet.cli;

import akka.stream.javadsl.Flow;
import java.io.PrintWriter;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import virtionet.driver.DeviceHandle;
import virtionet.net.Frame;
import virtionet.observe.pcap.Capture;
import virtionet.observe.pcap.CaptureInterface;
import virtionet.observe.pcap.CapturePoint;
import virtionet.observe.pcap.PcapSettings;
import virtionet.stream.EthernetConnection;

/** A capture of what a command sends and receives; complete also when the user ends the command. */
final class SessionCapture implements AutoCloseable {
  private final Capture capture;
  private final PrintWriter err;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile Runnable lastWords = () -> {};
  private final Thread hook = new Thread(this::finish);

  /**
   * @param err where it is said at the end what was captured
   * @throws virtionet.observe.pcap.CaptureException when the file cannot be opened
   */
  SessionCapture(PcapSettings settings, PrintWriter err) {
    this.err = err;
    capture = Capture.start(settings);
    Runtime.getRuntime().addShutdownHook(hook);
  }

  Capture capture() {
    return capture;
  }

  /** Says something more at the end, before the summary. */
  void beforeSummary(Runnable words) {
    lastWords = words;
  }

  /** The device's flow with the capture around it. */
  Flow<Frame, Frame, CompletionStage<EthernetConnection>> around(
      DeviceHandle device, Flow<Frame, Frame, CompletionStage<EthernetConnection>> flow) {
    CapturePoint point = capture.point(CaptureInterface.of(device));
    point.countersFrom(device::counters);
    return point.tap().join(flow, (none, connection) -> connection);
  }

  private void finish() {
    if (closed.compareAndSet(false, true)) {
      capture.close();
      lastWords.run();
      err.println(capture.summary());
      err.flush();
    }
  }

  @Override
  public void close() {
    finish();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending already, and the hook has done it.
    }
  }
}
