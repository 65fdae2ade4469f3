package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.until;

import akka.actor.setup.ActorSystemSetup;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.driver.trace.TracingSetup;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;
import virtionet.testing.RequiresQemu;

/** Spans on their way to a collector, which here is a small server on the loopback. */
class OtlpTest {
  /** What came, as {@code METHOD PATH TYPE}. */
  private final List<String> requests = new CopyOnWriteArrayList<>();

  /** Protobuf has strings as they are. */
  private final List<String> bodies = new CopyOnWriteArrayList<>();

  private volatile int answer = 200;
  private final StringWriter err = new StringWriter();
  private HttpServer collector;

  @BeforeEach
  void listen() throws IOException {
    collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext(
        "/",
        exchange -> {
          bodies.add(
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1));
          requests.add(
              "%s %s %s"
                  .formatted(
                      exchange.getRequestMethod(),
                      exchange.getRequestURI(),
                      exchange.getRequestHeaders().getFirst("Content-Type")));
          exchange.sendResponseHeaders(answer, -1);
          exchange.close();
        });
    collector.start();
  }

  @AfterEach
  void stop() {
    collector.stop(0);
  }

  private String url() {
    return "http://127.0.0.1:" + collector.getAddress().getPort();
  }

  private void assertToldOf(String... spans) {
    String all = String.join("", bodies);
    for (String span : spans) {
      assertTrue(all.contains(span), () -> span + " is not among " + all);
    }
  }

  /** A driver on a model, told of to that URL, is up and has a client, and ends. */
  private void runADriver(String to, Runnable meanwhile) {
    try (var export = SpanExport.to(URI.create(to), new PrintWriter(err, true))) {
      TracingSetup tracing =
          export.in(ActorSystemSetup.create()).get(TracingSetup.class).orElseThrow();
      try (var driver = DriverOnModel.with(tracing, "", ModelSettings.modern())) {
        var client = driver.connected();
        meanwhile.run();
        client.leave();
        driver.stopWithoutATrace();
      }
    }
  }

  @Test
  void aCollectorIsToldMeanwhileAndAtTheEnd() {
    runADriver(url() + "/", () -> until("spans", () -> !requests.isEmpty()));
    assertEquals("POST /v1/traces application/x-protobuf", requests.getFirst());
    assertToldOf("service.name", "virtionet", "connect", "negotiation", "handle Attach");
    assertEquals("", err.toString());
  }

  @Test
  void aCollectorThatDoesNotTakeThemIsToldOfOnce() {
    answer = 503;
    runADriver(
        url(),
        () -> {
          until("the first try", () -> !requests.isEmpty());
          until("it is said", () -> !err.toString().isEmpty());
        });
    assertEquals(1, err.toString().lines().count(), err::toString);
    assertTrue(err.toString().startsWith("spans are lost, " + url() + "/v1/traces"), err::toString);
  }

  @Test
  void whereNobodyListensItIsSaidOnceAndTheDriverGoesOn() {
    String nobody = url();
    collector.stop(0);
    runADriver(nobody, () -> until("it is said", () -> !err.toString().isEmpty()));
    assertEquals(1, err.toString().lines().count(), err::toString);
    assertTrue(err.toString().contains("ConnectException"), err::toString);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"localhost:4318", "http:/localhost", "ftp://localhost", "http://", "http://a b"})
  void aUrlThatIsNoneIsWrongUsage(String text) {
    InProcess demo = InProcess.run("demo", "--otlp", text);
    assertEquals(ExitCode.USAGE.number(), demo.code());
    assertTrue(
        demo.errors().contains("'" + text + "' is no URL of a collector, such as"), demo.errors());
  }

  /** As a user has it. */
  @Nested
  @RequiresQemu
  class OnQemu {
    @Test
    void aPingOnQemuIsToldOfWithItsBatches() {
      InProcess ping = InProcess.run("ping", "10.0.2.2", "--count", "12", "--otlp", url());
      assertEquals(0, ping.code(), ping.errors());
      assertToldOf("connect", "negotiation", "DRIVER_OK", "receive batch", "transmit batch");
    }

    @Test
    void aDemoThatNobodyListensToPasses() {
      String nobody = url();
      collector.stop(0);
      InProcess demo = InProcess.run("demo", "--count", "20", "--otlp", nobody);
      assertEquals(0, demo.code(), demo.errors());
      assertEquals(
          1, demo.errors().lines().filter(line -> line.contains("spans are lost")).count());
    }
  }
}
