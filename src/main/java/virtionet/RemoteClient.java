package virtionet;

import akka.actor.typed.ActorSystem;
import akka.japi.Pair;
import akka.stream.SinkRef;
import akka.stream.SourceRef;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.StreamRefs;
import java.util.concurrent.CompletionStage;
import virtionet.Ethernet.ConnectedRemotely;
import virtionet.Ethernet.Refused;
import virtionet.Ethernet.Reply;
import virtionet.net.Frame;
import virtionet.stream.EthernetConnection;
import virtionet.stream.FrameParcel;

/**
 * A client on another node. To the driver it is the stream here, whose far ends are there: that
 * node's loss fails both ends, and with them the stream.
 */
final class RemoteClient {
  private RemoteClient() {}

  /** Connects it; the stream also ends when nobody takes its far ends within Akka's 30 s. */
  static CompletionStage<Reply> connect(
      ActorSystem<?> system, Flow<Frame, Frame, CompletionStage<EthernetConnection>> frames) {
    Pair<Pair<SinkRef<FrameParcel>, CompletionStage<EthernetConnection>>, SourceRef<FrameParcel>>
        stream =
            StreamRefs.<FrameParcel>sinkRef()
                .via(FrameParcel.unpacking())
                .viaMat(frames, Keep.both())
                .via(FrameParcel.packing())
                .toMat(StreamRefs.sourceRef(), Keep.both())
                .run(system);
    return stream
        .first()
        .second()
        .handle(
            (device, failure) ->
                failure == null
                    ? new ConnectedRemotely(
                        device.name(),
                        device.mac(),
                        device.mtu(),
                        stream.second(),
                        stream.first().first())
                    : new Refused(String.valueOf(failure.getMessage())));
  }
}
