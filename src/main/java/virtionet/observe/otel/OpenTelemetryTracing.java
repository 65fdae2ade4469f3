package virtionet.observe.otel;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Tracer;
import java.util.Objects;
import virtionet.driver.trace.TracingSetup;

/**
 * The driver's work as spans: {@code connect}, {@code negotiation}, {@code recovery}, and one batch
 * in so many. A stream's {@code connect} is a part of the span in which it is materialized, a
 * {@code recovery} of the one in which a restart is asked for. docs/observe.md lists spans and
 * attributes.
 *
 * <p>What the given OpenTelemetry throws never reaches the driver: it is logged once, and counted.
 * Any thread.
 *
 * {@snippet class="virtionet.examples.JavadocExamples" region="spans"}
 */
public final class OpenTelemetryTracing {
  /** The name of the tracer, by which a view or a sampler knows the driver's spans. */
  public static final String SCOPE = "virtionet";

  private final Tracer tracer;
  private final Guard guard;
  private final int oneBatchIn;

  private OpenTelemetryTracing(Tracer tracer, Guard guard, int oneBatchIn) {
    this.tracer = tracer;
    this.guard = guard;
    this.oneBatchIn = oneBatchIn;
  }

  /** Spans go there; batches have none. */
  public static OpenTelemetryTracing of(OpenTelemetry openTelemetry) {
    Objects.requireNonNull(openTelemetry, "openTelemetry");
    return new OpenTelemetryTracing(openTelemetry.getTracer(SCOPE), new Guard(), 0);
  }

  /**
   * The same, and one batch in so many of each way and device has a span. A busy device has some
   * ten thousand batches a second.
   *
   * @param batches at least 1; 0: none
   */
  public OpenTelemetryTracing withOneBatchIn(int batches) {
    if (batches < 0) {
      throw new IllegalArgumentException("one batch in %d: must not be below 0".formatted(batches));
    }
    return new OpenTelemetryTracing(tracer, guard, batches);
  }

  /** What an actor system is made with to have its driver watched so. */
  public TracingSetup setup() {
    return new TracingSetup(new SpanTracing(tracer, guard, oneBatchIn));
  }

  /** How often something was lost because OpenTelemetry threw an exception. */
  public long failures() {
    return guard.failures();
  }
}
