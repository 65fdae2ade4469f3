package virtionet.stream;

import akka.NotUsed;
import akka.stream.javadsl.BidiFlow;
import akka.stream.javadsl.Flow;
import virtionet.net.Frame;
import virtionet.net.Offloads;

/**
 * Does in software what frames leave to be done: completes checksums, and cuts large frames. To be
 * put where somebody takes frames who knows nothing of offloads.
 *
 * <p>Nobody needs it before a device: the driver itself does what the device cannot. Nor behind
 * one, as long as the setting {@code received-frames} is {@code complete}.
 *
 * @see virtionet.VirtioNet
 */
public final class SoftwareOffload {
  private SoftwareOffload() {}

  /**
   * Each frame becomes those that it stands for, with nothing left to be done and in one segment. A
   * frame whose offload cannot be true of it fails the stream; it is released.
   */
  public static Flow<Frame, Frame, NotUsed> flow() {
    return Flow.of(Frame.class).mapConcat(Offloads::plain);
  }

  /**
   * The same both ways, to be joined with a device's flow or a network stack's: {@code
   * net.flow().join(SoftwareOffload.bidi())}.
   */
  public static BidiFlow<Frame, Frame, Frame, Frame, NotUsed> bidi() {
    return BidiFlow.fromFlows(flow(), flow());
  }
}
