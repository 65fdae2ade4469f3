package virtionet.cli;

import akka.actor.setup.ActorSystemSetup;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.io.PrintWriter;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import virtionet.observe.otel.OpenTelemetryTracing;

/** Tells a collector what a command's driver does, for as long as the command runs. */
final class SpanExport implements AutoCloseable {
  /** A demo has some hundred batches. */
  private static final int ONE_BATCH_IN = 10;

  private static final Duration TIMEOUT = Duration.ofSeconds(3);
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  /** What it logs, the command line says: once. Held, since the JDK forgets loggers and levels. */
  private static final Logger EXPORTER_LOG = Logger.getLogger("io.opentelemetry");

  private final Optional<OpenTelemetrySdk> sdk;

  private SpanExport(Optional<OpenTelemetrySdk> sdk) {
    this.sdk = sdk;
  }

  /** None is wanted. */
  static SpanExport none() {
    return new SpanExport(Optional.empty());
  }

  /**
   * Begins.
   *
   * @param collector its URL, without {@code /v1/traces}
   * @param err where it is said, once, that the collector does not take spans
   */
  static SpanExport to(URI collector, PrintWriter err) {
    EXPORTER_LOG.setLevel(Level.OFF);
    String endpoint = collector.toString().replaceFirst("/*$", "") + "/v1/traces";
    var exporter =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(endpoint)
            .setConnectTimeout(TIMEOUT)
            .setTimeout(TIMEOUT)
            // The command is over soon; the next spans are the next try.
            .setRetryPolicy(null)
            .build();
    var spans =
        SdkTracerProvider.builder()
            .setResource(
                Resource.getDefault()
                    .merge(
                        Resource.create(
                            Attributes.of(AttributeKey.stringKey("service.name"), "virtionet"))))
            .addSpanProcessor(
                BatchSpanProcessor.builder(new SaidFailures(exporter, endpoint, err))
                    .setScheduleDelay(INTERVAL)
                    .build())
            .build();
    return new SpanExport(Optional.of(OpenTelemetrySdk.builder().setTracerProvider(spans).build()));
  }

  /** What an actor system is to be made with, so that its driver is watched. */
  ActorSystemSetup in(ActorSystemSetup setup) {
    return sdk.map(
            to -> setup.and(OpenTelemetryTracing.of(to).withOneBatchIn(ONE_BATCH_IN).setup()))
        .orElse(setup);
  }

  /** Tells the rest, and waits for that. */
  @Override
  public void close() {
    sdk.ifPresent(to -> to.shutdown().join(2 * TIMEOUT.toSeconds(), TimeUnit.SECONDS));
  }
}
