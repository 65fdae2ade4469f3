package virtionet.cli.bench.contender;

import akka.stream.javadsl.Flow;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import virtionet.VirtioNet;
import virtionet.cli.bench.contender.Contenders.Variation;
import virtionet.net.FrameBatch;
import virtionet.net.FrameBatches;
import virtionet.stream.EthernetConnection;

/** A stream of batches. */
final class BatchFlow extends StreamLoad<FrameBatch> {
  private static final int BURST = 64;

  private final FrameBatches batches = new FrameBatches(BURST);

  BatchFlow(Map<String, Object> settings, Traffic traffic, Variation variation) {
    super(settings, traffic, variation);
  }

  @Override
  Flow<FrameBatch, FrameBatch, CompletionStage<EthernetConnection>> device(VirtioNet net) {
    return net.batches();
  }

  @Override
  FrameBatch make(EthernetConnection connection) {
    FrameBatch batch = batches.take();
    connection.allocate(batch, batch.room(), traffic().size());
    Traffic.fill(batch);
    return batch;
  }

  @Override
  void release(FrameBatch received) {
    received.release();
  }
}
