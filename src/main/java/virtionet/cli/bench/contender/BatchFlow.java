package virtionet.cli.bench.contender;

import akka.actor.BootstrapSetup;
import akka.actor.setup.ActorSystemSetup;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import virtionet.VirtioNet;
import virtionet.net.Frame;
import virtionet.net.FrameBatch;
import virtionet.net.FrameBatches;
import virtionet.stream.EthernetConnection;

/** An application on the driver, in an actor system: a stream of batches. */
final class BatchFlow implements Load {
  private static final long PATIENCE_SECONDS = 30;
  private static final int BURST = 64;

  private final ActorSystem<Void> system;
  private final Traffic traffic;
  private final FrameBatches batches = new FrameBatches(BURST);
  private volatile String failure = "";

  /**
   * @param settings of the actor system, over the reference
   */
  BatchFlow(Map<String, Object> settings, Traffic traffic) {
    this.traffic = traffic;
    Config config = ConfigFactory.parseMap(settings).withFallback(ConfigFactory.load());
    system =
        ActorSystem.create(
            Behaviors.empty(), "bench", ActorSystemSetup.create(BootstrapSetup.create(config)));
  }

  @Override
  public void start() {
    Flow<FrameBatch, FrameBatch, CompletionStage<EthernetConnection>> device =
        VirtioNet.get(system).batches();
    CompletionStage<EthernetConnection> connected =
        switch (traffic.mode()) {
          case IO -> device.join(Flow.create()).run(system);
          case RX ->
              Source.<FrameBatch>maybe()
                  .viaMat(device, Keep.right())
                  .to(Sink.foreach(FrameBatch::release))
                  .run(system);
          case TX -> {
            var known = new CompletableFuture<EthernetConnection>();
            CompletionStage<EthernetConnection> ours =
                frames(known)
                    .viaMat(device, Keep.right())
                    .to(Sink.foreach(FrameBatch::release))
                    .run(system);
            ours.whenComplete(
                (connection, refusal) -> {
                  if (refusal == null) {
                    known.complete(connection);
                  }
                });
            yield ours;
          }
        };
    await(connected);
    system
        .getWhenTerminated()
        .whenComplete((_, _) -> failure = "the actor system has ended by itself");
  }

  private Source<FrameBatch, ?> frames(CompletionStage<EthernetConnection> connected) {
    return Source.completionStage(connected)
        .flatMapConcat(connection -> Source.repeat(connection).map(this::make));
  }

  private FrameBatch make(EthernetConnection connection) {
    FrameBatch batch = batches.take();
    while (batch.room() > 0) {
      Frame frame = connection.allocate(traffic.size());
      Traffic.fill(frame.segment());
      batch.add(frame);
    }
    return batch;
  }

  private static void await(CompletionStage<?> stage) {
    try {
      stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public String failure() {
    return failure;
  }

  @Override
  public void close() {
    system.terminate();
    await(system.getWhenTerminated());
  }
}
