package virtionet.cli;

import akka.actor.typed.ActorSystem;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import virtionet.observe.http.MetricsServer;
import virtionet.observe.metrics.Metrics;

/** The option of every command that runs a device: where to tell its numbers. */
final class MetricsMixin {
  /** To be done before the driver is started: who is to watch it sees it from the beginning. */
  interface Start extends Consumer<ActorSystem<?>> {
    /** Nobody watches. */
    Start NONE = system -> {};
  }

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--metrics",
      paramLabel = "[ADDRESS:]PORT",
      converter = Endpoint.ToListenAt.class,
      description =
          "Tell the driver's counters and gauges at this port while the command runs: to Prometheus"
              + " at /metrics, to `top`, and to a browser. On the loopback unless an address is"
              + " given; 0: a port that is free.")
  private @Nullable Endpoint endpoint;

  /**
   * Starts to listen when it is run, and says where; does nothing where it was not asked for.
   * Throws a {@link virtionet.observe.http.PortException} when the port is not to be had.
   */
  Start start() {
    Endpoint listen = endpoint;
    return listen == null ? Start.NONE : system -> serve(system, listen);
  }

  private void serve(ActorSystem<?> system, Endpoint listen) {
    MetricsServer server =
        MetricsServer.start(system, Metrics.of(system), listen.address())
            .toCompletableFuture()
            .join();
    InetSocketAddress at = server.address();
    PrintWriter err = spec.commandLine().getErr();
    err.printf(
        "metrics at http://%s/metrics, for people http://%<s/%n",
        new Endpoint(at.getHostString(), at.getPort()));
    err.flush();
  }
}
