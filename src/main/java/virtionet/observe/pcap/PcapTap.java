package virtionet.observe.pcap;

import akka.stream.javadsl.BidiFlow;
import akka.stream.javadsl.Flow;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import virtionet.net.Frame;
import virtionet.stream.EthernetConnection;

/**
 * Captures as parts of a stream. Each time the stream is run the file is opened, and written over;
 * it is closed when the stream has ended. Where it cannot be opened, or fails, that is warned of
 * once, and the frames pass as they would without it.
 *
 * {@snippet class="virtionet.examples.JavadocExamples" region="capture"}
 */
public final class PcapTap {
  private PcapTap() {}

  /**
   * To be joined with a flow whose frames are captured: those into it as outbound, those out of it
   * as inbound. Materializes to the capture.
   */
  public static BidiFlow<Frame, Frame, Frame, Frame, Capture> of(
      PcapSettings settings, CaptureInterface face) {
    return stage(settings, face).mapMaterializedValue(TapStage.Tapped::capture);
  }

  /** A driver's flow with a capture around it, which tells the device's drops at its end. */
  public static Flow<Frame, Frame, CompletionStage<EthernetConnection>> around(
      Flow<Frame, Frame, CompletionStage<EthernetConnection>> flow,
      PcapSettings settings,
      CaptureInterface face) {
    Objects.requireNonNull(flow, "flow");
    return stage(settings, face)
        .join(
            flow,
            (tapped, connection) -> {
              connection.thenAccept(device -> tapped.point().countersFrom(device::counters));
              return connection;
            });
  }

  private static BidiFlow<Frame, Frame, Frame, Frame, TapStage.Tapped> stage(
      PcapSettings settings, CaptureInterface face) {
    return BidiFlow.fromGraph(
        new TapStage(
            Objects.requireNonNull(settings, "settings"), Objects.requireNonNull(face, "face")));
  }
}
