package virtionet.cli.bench.contender;

import akka.stream.javadsl.Flow;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import virtionet.VirtioNet;
import virtionet.net.Frame;
import virtionet.stream.EthernetConnection;

/** A stream of frames. */
final class FrameFlow extends StreamLoad<Frame> {
  FrameFlow(Map<String, Object> settings, Traffic traffic) {
    super(settings, traffic);
  }

  @Override
  Flow<Frame, Frame, CompletionStage<EthernetConnection>> device(VirtioNet net) {
    return net.flow();
  }

  @Override
  Frame make(EthernetConnection connection) {
    Frame frame = connection.allocate(traffic().size());
    Traffic.fill(frame.segment());
    return frame;
  }

  @Override
  void release(Frame received) {
    received.release();
  }
}
