package virtionet.cli.bench.contender;

import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import virtionet.driver.trace.TracingSetup;
import virtionet.observe.otel.OpenTelemetryTracing;

/** Tells OpenTelemetry's SDK of one batch in so many; what it would export is forgotten. */
final class Spans {
  /** At full speed some hundred batches a second. */
  private static final int ONE_BATCH_IN = 1_000;

  private Spans() {}

  static TracingSetup setup() {
    var spans =
        SdkTracerProvider.builder()
            .addSpanProcessor(BatchSpanProcessor.builder(SpanExporter.composite()).build())
            .build();
    var sdk = OpenTelemetrySdk.builder().setTracerProvider(spans).build();
    return OpenTelemetryTracing.of(sdk).withOneBatchIn(ONE_BATCH_IN).setup();
  }
}
