package virtionet.cli.bench.contender;

import akka.Done;
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
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import virtionet.VirtioNet;
import virtionet.cli.bench.contender.Contenders.Variation;
import virtionet.observe.http.MetricsServer;
import virtionet.observe.metrics.Metrics;
import virtionet.stream.EthernetConnection;

/**
 * An application on the driver, in an actor system of its own.
 *
 * @param <E> the elements of its stream
 */
abstract class StreamLoad<E> implements Load {
  private static final long PATIENCE_SECONDS = 30;

  private final ActorSystem<Void> system;
  private final Traffic traffic;
  private final Variation variation;
  private volatile String failure = "";

  /**
   * @param settings of the actor system, over the reference
   */
  StreamLoad(Map<String, Object> settings, Traffic traffic, Variation variation) {
    this.traffic = traffic;
    this.variation = variation;
    Config config = ConfigFactory.parseMap(settings).withFallback(ConfigFactory.load());
    ActorSystemSetup setup = ActorSystemSetup.create(BootstrapSetup.create(config));
    system =
        ActorSystem.create(
            Behaviors.empty(), "bench", variation.spans() ? setup.and(Spans.setup()) : setup);
  }

  /** The stream of the only device. */
  abstract Flow<E, E, CompletionStage<EthernetConnection>> device(VirtioNet net);

  /** What to transmit next. */
  abstract E make(EthernetConnection connection);

  abstract void release(E received);

  final Variation variation() {
    return variation;
  }

  final Traffic traffic() {
    return traffic;
  }

  @Override
  public final void start() {
    Flow<E, E, CompletionStage<EthernetConnection>> device = device(VirtioNet.get(system));
    CompletionStage<EthernetConnection> connected =
        switch (traffic.mode()) {
          case IO -> device.join(Flow.<E>create().watchTermination(this::watch)).run(system);
          case RX -> Source.<E>maybe().viaMat(device, Keep.right()).to(received()).run(system);
          case TX -> {
            var known = new CompletableFuture<EthernetConnection>();
            CompletionStage<EthernetConnection> ours =
                elements(known).viaMat(device, Keep.right()).to(received()).run(system);
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
    if (variation.metrics()) {
      askForMetrics();
    }
  }

  private <M> M watch(M value, CompletionStage<Done> ended) {
    ended.whenComplete((_, cause) -> failure = "the stream has ended: " + cause);
    return value;
  }

  private Sink<E, CompletionStage<Done>> received() {
    return Sink.<E>foreach(this::release).mapMaterializedValue(ended -> watch(ended, ended));
  }

  /** As a Prometheus would that is in a hurry. */
  private void askForMetrics() {
    CompletionStage<MetricsServer> started =
        MetricsServer.start(
            system, Metrics.of(system), new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    await(started);
    int port = started.toCompletableFuture().join().address().getPort();
    var request =
        HttpRequest.newBuilder(URI.create("http://localhost:%d/metrics".formatted(port))).build();
    HttpClient scraper = HttpClient.newHttpClient();
    system
        .scheduler()
        .scheduleAtFixedRate(
            Duration.ZERO,
            Duration.ofSeconds(1),
            () -> {
              var _ = scraper.sendAsync(request, HttpResponse.BodyHandlers.discarding());
            },
            system.executionContext());
  }

  private Source<E, ?> elements(CompletionStage<EthernetConnection> connected) {
    return Source.completionStage(connected)
        .flatMapConcat(connection -> Source.repeat(connection).map(this::make));
  }

  private static void await(CompletionStage<?> stage) {
    try {
      stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public final String failure() {
    return failure;
  }

  @Override
  public final void close() {
    system.terminate();
    await(system.getWhenTerminated());
  }
}
