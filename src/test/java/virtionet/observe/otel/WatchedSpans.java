package virtionet.observe.otel;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import virtionet.testing.DriverOnModel;

/** An SDK that keeps the spans that have ended. */
final class WatchedSpans implements AutoCloseable {
  private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
  private final OpenTelemetrySdk sdk;

  /**
   * @param before these see the spans first
   */
  WatchedSpans(SpanProcessor... before) {
    var provider = SdkTracerProvider.builder();
    for (SpanProcessor one : before) {
      provider.addSpanProcessor(one);
    }
    provider.addSpanProcessor(SimpleSpanProcessor.create(exporter));
    sdk = OpenTelemetrySdk.builder().setTracerProvider(provider.build()).build();
  }

  OpenTelemetryTracing tracing() {
    return OpenTelemetryTracing.of(sdk);
  }

  /** The application's own. */
  Tracer application() {
    return sdk.getTracer("application");
  }

  /** In the order in which they began. */
  List<SpanData> named(String name) {
    return sorted().filter(span -> span.getName().equals(name)).toList();
  }

  private Stream<SpanData> sorted() {
    return exporter.getFinishedSpanItems().stream()
        .sorted(Comparator.comparingLong(SpanData::getStartEpochNanos));
  }

  /** Waits until so many of that name have ended. */
  List<SpanData> awaitNamed(String name, int count) {
    DriverOnModel.until(
        count + " of " + name + " are among " + exporter.getFinishedSpanItems(),
        () -> named(name).size() >= count);
    return named(name);
  }

  /** The only one of that name. */
  SpanData await(String name) {
    List<SpanData> found = awaitNamed(name, 1);
    if (found.size() > 1) {
      throw new AssertionError("more than one: " + found);
    }
    return found.getFirst();
  }

  /** Its parts, in the order in which they began. */
  List<SpanData> partsOf(SpanData parent) {
    return sorted().filter(span -> span.getParentSpanId().equals(parent.getSpanId())).toList();
  }

  static String text(Attributes attributes, String key) {
    return String.valueOf(attributes.get(AttributeKey.stringKey(key)));
  }

  static String text(SpanData span, String key) {
    return text(span.getAttributes(), key);
  }

  static long number(SpanData span, String key) {
    Long value = span.getAttributes().get(AttributeKey.longKey(key));
    return value == null ? -1 : value;
  }

  static List<EventData> events(SpanData span, String name) {
    return span.getEvents().stream().filter(event -> event.getName().equals(name)).toList();
  }

  @Override
  public void close() {
    sdk.close();
  }
}
