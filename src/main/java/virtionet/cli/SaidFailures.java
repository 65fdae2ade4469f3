package virtionet.cli;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;

/** Says it the first time that spans cannot be told. */
final class SaidFailures implements SpanExporter {
  private final SpanExporter exporter;
  private final String endpoint;
  private final PrintWriter err;
  private final AtomicBoolean said = new AtomicBoolean();

  SaidFailures(SpanExporter exporter, String endpoint, PrintWriter err) {
    this.exporter = exporter;
    this.endpoint = endpoint;
    this.err = err;
  }

  @Override
  public CompletableResultCode export(Collection<SpanData> spans) {
    CompletableResultCode result = exporter.export(spans);
    return result.whenComplete(
        () -> {
          if (!result.isSuccess() && said.compareAndSet(false, true)) {
            Throwable cause = result.getFailureThrowable();
            err.printf(
                "spans are lost, %s does not take them%s%n",
                endpoint, cause == null ? "" : ": " + Failures.sentence(cause));
            err.flush();
          }
        });
  }

  @Override
  public CompletableResultCode flush() {
    return exporter.flush();
  }

  @Override
  public CompletableResultCode shutdown() {
    return exporter.shutdown();
  }
}
