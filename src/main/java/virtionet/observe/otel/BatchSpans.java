package virtionet.observe.otel;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import java.time.Instant;
import virtionet.driver.trace.ReceiveBatch;
import virtionet.driver.trace.TransmitBatch;

/** Spans of batches: each a trace of its own, made when the batch is over. */
final class BatchSpans {
  private BatchSpans() {}

  static void received(Tracer tracer, ReceiveBatch batch, long nanos) {
    Instant end = Instant.now();
    Instant begin = end.minusNanos(nanos);
    Span span =
        begin(tracer, "receive batch", begin, batch.device, batch.pair)
            .setAttribute("virtionet.cause", batch.cause)
            .setAttribute("virtionet.buffers", batch.buffers)
            .setAttribute("virtionet.frames", batch.frames)
            .setAttribute("virtionet.bytes", batch.bytes)
            .setAttribute("virtionet.malformed", batch.malformed)
            .setAttribute("virtionet.dropped", batch.dropped)
            .setAttribute("virtionet.clients", batch.clients)
            .setAttribute("virtionet.queue.depth", batch.depth);
    if (batch.waited >= 0) {
      span.setAttribute("virtionet.waited.ns", batch.waited);
    }
    span.addEvent("drained", begin.plusNanos(batch.drained));
    span.addEvent("handed off", begin.plusNanos(batch.handedOff));
    span.end(end);
  }

  static void sent(Tracer tracer, TransmitBatch batch, long nanos) {
    Instant end = Instant.now();
    Instant begin = end.minusNanos(nanos);
    Span span =
        begin(tracer, "transmit batch", begin, batch.device, batch.pair)
            .setAttribute("virtionet.frames", batch.frames)
            .setAttribute("virtionet.bytes", batch.bytes)
            .setAttribute("virtionet.refused", batch.refused)
            .setAttribute("virtionet.in_flight", batch.inFlight)
            .setAttribute("virtionet.queue.depth", batch.waiting)
            .setAttribute("virtionet.doorbell", batch.doorbell)
            .setAttribute("virtionet.completed", batch.completed);
    span.addEvent("queued", begin.plusNanos(batch.queued));
    span.addEvent("published", begin.plusNanos(batch.published));
    span.end(end);
  }

  private static Span begin(Tracer tracer, String name, Instant begin, String device, int pair) {
    return tracer
        .spanBuilder(name)
        .setNoParent()
        .setStartTimestamp(begin)
        .startSpan()
        .setAttribute("virtionet.device", device)
        .setAttribute("virtionet.pair", pair);
  }
}
