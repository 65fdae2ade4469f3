package virtionet.cli.bench.contender;

import akka.stream.javadsl.Flow;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import virtionet.VirtioNet;
import virtionet.cli.bench.contender.Contenders.Variation;
import virtionet.net.Frame;
import virtionet.observe.pcap.CaptureInterface;
import virtionet.observe.pcap.PcapSettings;
import virtionet.observe.pcap.PcapTap;
import virtionet.stream.EthernetConnection;

/** A stream of frames. */
final class FrameFlow extends StreamLoad<Frame> {
  FrameFlow(Map<String, Object> settings, Traffic traffic, Variation variation) {
    super(settings, traffic, variation);
  }

  @Override
  Flow<Frame, Frame, CompletionStage<EthernetConnection>> device(VirtioNet net) {
    return variation().pcap()
        ? PcapTap.around(
            net.flow(), PcapSettings.to(Path.of("/dev/null")), CaptureInterface.of("bench"))
        : net.flow();
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
