package virtionet.observe.otel;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import virtionet.driver.trace.ReceiveBatch;
import virtionet.driver.trace.Tracing;
import virtionet.driver.trace.TransmitBatch;
import virtionet.driver.trace.Work;

/** Makes spans of what the driver tells. */
record SpanTracing(Tracer tracer, Guard guard, int oneBatchIn) implements Tracing {
  @Override
  public Work here() {
    return guard.get(
        () -> new SpanWork(tracer, guard, Context.current(), Span.getInvalid()), Work.NONE);
  }

  @Override
  public void received(ReceiveBatch batch, long nanos) {
    guard.run(() -> BatchSpans.received(tracer, batch, nanos));
  }

  @Override
  public void sent(TransmitBatch batch, long nanos) {
    guard.run(() -> BatchSpans.sent(tracer, batch, nanos));
  }
}
