package virtionet.observe.pcap;

import akka.japi.Pair;
import akka.stream.Attributes;
import akka.stream.BidiShape;
import akka.stream.Inlet;
import akka.stream.Outlet;
import akka.stream.stage.AbstractGraphStageWithMaterializedValue;
import akka.stream.stage.AbstractInHandler;
import akka.stream.stage.AbstractOutHandler;
import akka.stream.stage.GraphStageLogic;
import java.util.function.Consumer;
import virtionet.net.Frame;

/** Two ways that know nothing of each other, but for one capture that ends with both. */
final class TapStage
    extends AbstractGraphStageWithMaterializedValue<
        BidiShape<Frame, Frame, Frame, Frame>, TapStage.Tapped> {
  private final Inlet<Frame> outboundIn = Inlet.create("PcapTap.outbound.in");
  private final Outlet<Frame> outboundOut = Outlet.create("PcapTap.outbound.out");
  private final Inlet<Frame> inboundIn = Inlet.create("PcapTap.inbound.in");
  private final Outlet<Frame> inboundOut = Outlet.create("PcapTap.inbound.out");
  private final BidiShape<Frame, Frame, Frame, Frame> shape =
      BidiShape.of(outboundIn, outboundOut, inboundIn, inboundOut);
  private final PcapSettings settings;
  private final CaptureInterface face;

  /** What the stage has begun. */
  record Tapped(Capture capture, CapturePoint point) {}

  TapStage(PcapSettings settings, CaptureInterface face) {
    this.settings = settings;
    this.face = face;
  }

  @Override
  public BidiShape<Frame, Frame, Frame, Frame> shape() {
    return shape;
  }

  @Override
  public Pair<GraphStageLogic, Tapped> createLogicAndMaterializedValuePair(Attributes attributes) {
    Capture capture = Capture.startOrWarn(settings);
    var tapped = new Tapped(capture, capture.point(face));
    return Pair.create(new Logic(tapped), tapped);
  }

  private final class Logic extends GraphStageLogic {
    private final Capture capture;

    Logic(Tapped tapped) {
      super(shape);
      capture = tapped.capture();
      way(outboundIn, outboundOut, tapped.point()::outbound);
      way(inboundIn, inboundOut, tapped.point()::inbound);
    }

    private void way(Inlet<Frame> in, Outlet<Frame> out, Consumer<Frame> seen) {
      setHandler(
          in,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              Frame frame = grab(in);
              seen.accept(frame);
              push(out, frame);
            }

            @Override
            public void onUpstreamFinish() {
              complete(out);
            }

            @Override
            public void onUpstreamFailure(Throwable failure) {
              fail(out, failure);
            }
          });
      setHandler(
          out,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              pull(in);
            }

            @Override
            public void onDownstreamFinish(Throwable cause) {
              cancel(in, cause);
            }
          });
    }

    @Override
    public void postStop() {
      capture.end();
    }
  }
}
