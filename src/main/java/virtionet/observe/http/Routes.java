package virtionet.observe.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import akka.http.javadsl.model.ContentType;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.StatusCode;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.headers.Allow;
import akka.http.javadsl.model.headers.Connection;
import akka.http.javadsl.model.headers.RawHeader;
import akka.stream.Materializer;
import akka.util.ByteString;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import virtionet.observe.metrics.Metrics;
import virtionet.observe.metrics.MetricsSnapshot;
import virtionet.observe.prometheus.PrometheusMetrics;

/** What is answered to a request. Any thread. */
final class Routes {
  private static final String INDEX =
      "virtionet: / for people, /metrics for Prometheus, /state.json for programs\n";

  /** The page needs nothing from elsewhere, and is to get nothing from there. */
  private static final String ONLY_FROM_HERE =
      "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src"
          + " 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

  private static final ExpositionFormatWriter OPEN_METRICS =
      new OpenMetricsTextFormatWriter(false, false);
  private static final ExpositionFormatWriter PROMETHEUS = PrometheusTextFormatWriter.create();

  private final Metrics metrics;
  private final LiveJson live = new LiveJson();
  private final String page;

  Routes(Metrics metrics) {
    this.metrics = Objects.requireNonNull(metrics, "metrics");
    page = page();
  }

  /** Nothing of a device is kept any more. */
  void close() {
    live.close();
  }

  CompletionStage<HttpResponse> answer(HttpRequest request, Materializer materializer) {
    request.discardEntityBytes(materializer);
    if (!request.method().equals(HttpMethods.GET)) {
      return done(
          text(StatusCodes.METHOD_NOT_ALLOWED, "only GET\n")
              .addHeader(Allow.create(HttpMethods.GET, HttpMethods.HEAD)));
    }
    return switch (request.getUri().path()) {
      case "/" ->
          done(
              response(ContentTypes.TEXT_HTML_UTF8, page)
                  .addHeader(RawHeader.create("Content-Security-Policy", ONLY_FROM_HERE)));
      case "/live.json" ->
          snapshot(taken -> response(ContentTypes.APPLICATION_JSON, live.of(taken)));
      case "/metrics" -> snapshot(taken -> exposition(taken, request));
      case "/state.json" ->
          snapshot(taken -> response(ContentTypes.APPLICATION_JSON, StateJson.of(taken)));
      default -> done(text(StatusCodes.NOT_FOUND, INDEX));
    };
  }

  private static String page() {
    try (InputStream in = Routes.class.getResourceAsStream("live.html")) {
      return new String(Objects.requireNonNull(in, "live.html").readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static CompletionStage<HttpResponse> done(HttpResponse response) {
    return CompletableFuture.completedStage(last(response));
  }

  private CompletionStage<HttpResponse> snapshot(Function<MetricsSnapshot, HttpResponse> shown) {
    return metrics
        .snapshot()
        .thenApply(shown)
        .exceptionally(
            failure ->
                text(StatusCodes.SERVICE_UNAVAILABLE, "no numbers: " + reason(failure) + "\n"))
        .thenApply(Routes::last);
  }

  private static String reason(Throwable failure) {
    Throwable cause = failure.getCause();
    return String.valueOf(
        (failure instanceof CompletionException && cause != null ? cause : failure).getMessage());
  }

  /** A connection is for one request: who keeps it open gains nothing. */
  private static HttpResponse last(HttpResponse response) {
    return response
        .addHeader(Connection.create("close"))
        .addHeader(RawHeader.create("Cache-Control", "no-store"))
        .addHeader(RawHeader.create("X-Content-Type-Options", "nosniff"));
  }

  /** The newer of the two text formats to those who ask for it, as Prometheus does. */
  private static HttpResponse exposition(MetricsSnapshot snapshot, HttpRequest request) {
    String accepted = request.getHeader("Accept").map(HttpHeader::value).orElse("");
    ExpositionFormatWriter writer = OPEN_METRICS.accepts(accepted) ? OPEN_METRICS : PROMETHEUS;
    var bytes = new ByteArrayOutputStream();
    try {
      writer.write(bytes, PrometheusMetrics.of(snapshot));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return HttpResponse.create()
        .withEntity(
            ContentTypes.parse(writer.getContentType()), ByteString.fromArray(bytes.toByteArray()));
  }

  private static HttpResponse response(ContentType.NonBinary type, String body) {
    return HttpResponse.create().withEntity(type, body);
  }

  private static HttpResponse text(StatusCode status, String body) {
    return response(ContentTypes.TEXT_PLAIN_UTF8, body).withStatus(status);
  }
}
