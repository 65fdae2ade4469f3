package virtionet.observe.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.failureOf;
import static virtionet.testing.DriverOnModel.until;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import virtionet.machine.MachineException;
import virtionet.net.Counter;
import virtionet.net.Metric;
import virtionet.observe.metrics.Metrics;
import virtionet.observe.prometheus.PrometheusName;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;

/** The port tells the driver's numbers to whoever asks as one should. */
class MetricsServerTest {
  private static final InetSocketAddress ANY_PORT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  private static MetricsServer serve(DriverOnModel driver) {
    return await(MetricsServer.start(driver.system(), Metrics.of(driver.system()), ANY_PORT));
  }

  private static HttpResponse<String> get(MetricsServer server, String path, String... headers)
      throws IOException, InterruptedException {
    return ask(server, path, "GET", headers);
  }

  private static HttpResponse<String> ask(
      MetricsServer server, String path, String method, String... headers)
      throws IOException, InterruptedException {
    var uri = URI.create("http://127.0.0.1:" + server.address().getPort() + path);
    var request = HttpRequest.newBuilder(uri).method(method, HttpRequest.BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  @Test
  void prometheusGetsEachMetricByItsName() throws Exception {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var client = driver.connected();
      driver.device().receive(bytes(1, 100));
      client.receive();
      HttpResponse<String> answer = get(serve(driver), "/metrics");
      assertEquals(200, answer.statusCode());
      assertTrue(header(answer, "Content-Type").startsWith("text/plain; version=0.0.4"));
      assertEquals("close", header(answer, "Connection"));
      Set<String> names = new TreeSet<>();
      for (String line : answer.body().lines().toList()) {
        if (!line.startsWith("#")) {
          assertTrue(line.matches("virtionet_\\w+(\\{.*})? [0-9.E]+"), line);
          names.add(line.replaceAll("[{ ].*", ""));
        }
      }
      Set<String> expected = new TreeSet<>();
      Metric.all().forEach(metric -> expected.add(PrometheusName.of(metric).sample()));
      assertEquals(expected, names);
      for (String line :
          List.of(
              "virtionet_received_frames_total{device=\"virtio_mmio@10001000\"} 1.0",
              "virtionet_dropped_frames_total{device=\"virtio_mmio@10001000\",reason=\"runt\"} 0.0",
              "virtionet_ring_size{device=\"virtio_mmio@10001000\",queue=\"transmitq1\"} 8.0",
              "# TYPE virtionet_jvm_allocated_bytes_total counter",
              "# TYPE virtionet_handoff_frames gauge")) {
        assertTrue(answer.body().contains("\n" + line + "\n"), line + " in " + answer.body());
      }
    }
  }

  @Test
  void whoAsksForOpenMetricsGetsThem() throws Exception {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      driver.connected();
      HttpResponse<String> answer =
          get(
              serve(driver),
              "/metrics",
              "Accept",
              "application/openmetrics-text; version=1.0.0; charset=utf-8");
      assertTrue(header(answer, "Content-Type").startsWith("application/openmetrics-text"));
      assertTrue(answer.body().endsWith("# EOF\n"), answer.body());
    }
  }

  @Test
  void programsGetTheSameAsJson() throws Exception {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      driver.connected();
      HttpResponse<String> answer = get(serve(driver), "/state.json");
      assertEquals("application/json", header(answer, "Content-Type"));
      Map<String, Object> state = JSON.std.mapFrom(answer.body());
      var devices = assertInstanceOf(List.class, state.get("devices"));
      var device = assertInstanceOf(Map.class, devices.getFirst());
      assertEquals("virtio_mmio@10001000", device.get("name"));
      assertEquals("UP", device.get("state"));
      assertEquals("52:54:00:12:34:56", device.get("mac"));
      var metrics = assertInstanceOf(Map.class, device.get("metrics"));
      assertEquals(0, metrics.get(Counter.DROPPED_RUNT.name()));
      assertEquals(Map.of("receiveq1", 8, "transmitq1", 8), metrics.get("RING_SIZE"));
    }
  }

  @Test
  void otherQuestionsAreAnsweredWithWhatThereIs() throws Exception {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      driver.connected();
      MetricsServer server = serve(driver);
      assertEquals(404, get(server, "/etc/passwd").statusCode());
      assertTrue(get(server, "/nothing").body().contains("/metrics"));
      assertEquals(405, ask(server, "/metrics", "POST").statusCode());
      HttpResponse<String> head = ask(server, "/metrics", "HEAD");
      assertEquals(200, head.statusCode());
      assertEquals("", head.body());
      assertEquals(414, get(server, "/" + "x".repeat(5_000)).statusCode());
    }
  }

  @Test
  void withoutAMachineTheReasonIsTold() throws Exception {
    ModelMachine model = ModelMachine.of();
    try (var driver =
        DriverOnModel.on(
            model,
            () -> {
              throw new MachineException("no QEMU here");
            },
            "")) {
      HttpResponse<String> answer = get(serve(driver), "/metrics");
      assertEquals(503, answer.statusCode());
      assertTrue(answer.body().contains("no QEMU here"), answer.body());
    }
  }

  @Test
  void aPortThatIsInUseIsSaidSoAndTheDriverGoesOn() throws Exception {
    try (var driver = DriverOnModel.of(ModelSettings.modern());
        var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var client = driver.connected();
      var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), taken.getLocalPort());
      Throwable failure =
          failureOf(MetricsServer.start(driver.system(), Metrics.of(driver.system()), address));
      assertInstanceOf(PortException.class, failure);
      assertEquals(
          "cannot listen on port %d of localhost: Address already in use"
              .formatted(taken.getLocalPort()),
          failure.getMessage());
      driver.device().receive(bytes(1, 100));
      client.receive();
    }
  }

  @Test
  void aNameThatNobodyHasIsSaidSo() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var address = InetSocketAddress.createUnresolved("no-such-host.invalid", 0);
      Throwable failure =
          failureOf(MetricsServer.start(driver.system(), Metrics.of(driver.system()), address));
      assertTrue(
          String.valueOf(failure.getMessage())
              .startsWith("cannot listen on port 0 of no-such-host.invalid: "),
          failure::toString);
    }
  }

  @Test
  void afterItsStopThePortIsFree() throws Exception {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      driver.connected();
      MetricsServer server = serve(driver);
      assertEquals(200, get(server, "/").statusCode());
      await(server.stop());
      until("the port is free", () -> isFree(server.address().getPort()));
    }
  }

  private static boolean isFree(int port) {
    try (var socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
