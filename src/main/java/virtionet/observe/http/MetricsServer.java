package virtionet.observe.http;

import akka.Done;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Adapter;
import akka.http.javadsl.Http;
import akka.http.javadsl.ServerBinding;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.settings.ServerSettings;
import akka.stream.ActorMaterializer;
import akka.stream.ActorMaterializerSettings;
import akka.stream.Materializer;
import akka.stream.javadsl.Flow;
import com.typesafe.config.ConfigFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import virtionet.observe.metrics.Metrics;

/**
 * Listens on a port and gives the driver's numbers to whoever asks: {@code /metrics} as Prometheus
 * wants them, {@code /state.json} for programs, {@code /} a page for people. Who can reach the port
 * can read them, nobody can change anything: best on the loopback.
 *
 * <p>Whatever clients do, no more than {@value #MOST_CONNECTIONS} are served at once, each for five
 * seconds at the most, on threads that are not the driver's. The end of the actor system is its
 * end.
 */
public final class MetricsServer {
  private static final int MOST_CONNECTIONS = 64;

  /** A connection is for one question, so that nobody keeps a place by asking slowly. */
  private static final Duration LONGEST_CONNECTION = Duration.ofSeconds(5);

  private static final String LIMITS =
      """
      akka.http.server {
        server-header = ""
        max-connections = %d
        backlog = 64
        pipelining-limit = 1
        idle-timeout = 2 s
        request-timeout = 4 s
        linger-timeout = 2 s
        transparent-head-requests = on
        parsing {
          max-content-length = 1k
          max-uri-length = 1k
          max-header-count = 64
          max-header-value-length = 4k
          illegal-header-warnings = off
          error-logging-verbosity = off
        }
      }
      """
          .formatted(MOST_CONNECTIONS);

  private final ServerBinding binding;
  private final Materializer materializer;
  private final Routes routes;

  private MetricsServer(ServerBinding binding, Materializer materializer, Routes routes) {
    this.binding = binding;
    this.materializer = materializer;
    this.routes = routes;
  }

  /**
   * Starts to listen. Fails with a {@link PortException} when the port is not to be had.
   *
   * @param address with port 0: one that is free, see {@link #address}
   */
  public static CompletionStage<MetricsServer> start(
      ActorSystem<?> system, Metrics metrics, InetSocketAddress address) {
    Objects.requireNonNull(system, "system");
    Objects.requireNonNull(address, "address");
    var routes = new Routes(metrics);
    Materializer materializer = ownMaterializer(system);
    Flow<HttpRequest, HttpResponse, ?> answers =
        Flow.of(HttpRequest.class)
            .takeWithin(LONGEST_CONNECTION)
            .mapAsync(1, request -> routes.answer(request, materializer));
    return Http.get(system)
        .newServerAt(address.getHostString(), address.getPort())
        .withSettings(
            ServerSettings.create(
                ConfigFactory.parseString(LIMITS).withFallback(system.settings().config())))
        .withMaterializer(materializer)
        .bindFlow(answers)
        .handle(
            (binding, failure) -> {
              if (failure == null) {
                return new MetricsServer(binding, materializer, routes);
              }
              materializer.shutdown();
              throw refused(address, failure);
            });
  }

  /**
   * Not that of the system: an application may run its streams where the driver waits for frames,
   * as the command line does, and those of strangers have no business there. It is deprecated for
   * being forgotten too easily; there is no other way to say where a server's streams run.
   */
  @SuppressWarnings("deprecation")
  private static Materializer ownMaterializer(ActorSystem<?> system) {
    var classic = Adapter.toClassic(system);
    return ActorMaterializer.create(
        ActorMaterializerSettings.create(classic).withDispatcher("akka.actor.default-dispatcher"),
        classic,
        "virtionet-metrics");
  }

  private static PortException refused(InetSocketAddress address, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return new PortException(
        "cannot listen on port %d of %s: %s"
            .formatted(address.getPort(), address.getHostString(), reason(cause)),
        failure);
  }

  private static String reason(Throwable cause) {
    String text = String.valueOf(cause.getMessage());
    // Akka puts itself and the address before what the system said.
    int address = text.lastIndexOf("] ");
    return address < 0 ? text : text.substring(address + 2);
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return binding.localAddress();
  }

  /** Listens no more, and ends the connections that there are. */
  public CompletionStage<Done> stop() {
    return binding
        .unbind()
        .whenComplete(
            (done, failure) -> {
              materializer.shutdown();
              routes.close();
            });
  }
}
