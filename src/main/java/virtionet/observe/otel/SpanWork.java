package virtionet.observe.otel;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import virtionet.driver.trace.Work;

/**
 * A span, and the context that its parts are begun in. Carried by messages as it is: no thread has
 * to have it as its current one.
 */
final class SpanWork implements Work {
  private final Tracer tracer;
  private final Guard guard;
  private final Context context;
  private final Span span;

  SpanWork(Tracer tracer, Guard guard, Context context, Span span) {
    this.tracer = tracer;
    this.guard = guard;
    this.context = context;
    this.span = span;
  }

  @Override
  public boolean isWatched() {
    return true;
  }

  @Override
  public Work begin(String name) {
    return guard.get(
        () -> {
          Span part = tracer.spanBuilder(name).setParent(context).startSpan();
          return new SpanWork(tracer, guard, context.with(part), part);
        },
        NONE);
  }

  @Override
  public Work with(String key, String value) {
    guard.run(() -> span.setAttribute(key, value));
    return this;
  }

  @Override
  public Work with(String key, long value) {
    guard.run(() -> span.setAttribute(key, value));
    return this;
  }

  @Override
  public void event(String name) {
    guard.run(() -> span.addEvent(name));
  }

  @Override
  public void event(String name, String key, String value) {
    guard.run(() -> span.addEvent(name, Attributes.of(AttributeKey.stringKey(key), value)));
  }

  @Override
  public void fail(String reason) {
    guard.run(() -> span.setStatus(StatusCode.ERROR, reason));
  }

  @Override
  public void fail(Throwable cause) {
    guard.run(() -> span.recordException(cause));
    fail(String.valueOf(cause.getMessage()));
  }

  @Override
  public void end() {
    guard.run(span::end);
  }
}
