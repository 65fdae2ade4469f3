package virtionet.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.LocalTime;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.cli.top.DriverState;
import virtionet.cli.top.TopView;
import virtionet.machine.MachineException;
import virtionet.observe.http.MetricsServer;
import virtionet.observe.metrics.Metrics;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;

/**
 * {@code top} shows what another driver's port tells, and says what is wrong with what does not.
 */
class TopTest {
  private static DriverState state(int seconds, long frames, String state, String detail)
      throws IOException {
    return DriverState.parse(
        """
        {"time": 1, "nanos": %d, "process": {"JVM_ALLOCATED_BYTES": %d}, "devices": [{
          "name": "net0", "state": "%s", "detail": "%s", "mac": "52:54:00:12:34:56", "mtu": 1500,
          "link": "up", "metrics": {"RECEIVED_FRAMES": %d, "RECEIVED_BYTES": 250000, "CLIENTS": 1,
          "DROPPED_RUNT": 3, "INTERRUPTS": 0, "RING_BUFFERS": {"receiveq1": 5, "receiveq2": 3,
          "transmitq1": 2}, "RING_SIZE": {"receiveq1": 8, "receiveq2": 8, "transmitq1": 8},
          "HANDOFF_FRAMES": {"receive": 7, "transmit": 0}}}]}
        """
            .formatted(seconds * 1_000_000_000L, seconds * 4_000_000L, state, detail, frames));
  }

  private static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  private static String serve(DriverOnModel driver) {
    return Integer.toString(
        await(MetricsServer.start(driver.system(), Metrics.of(driver.system()), anyPort()))
            .address()
            .getPort());
  }

  @Test
  void aLineShowsRatesAndRings() throws IOException {
    var view = new TopView(LocalTime.of(9, 5), state(1, 100, "UP", ""), state(3, 2_100, "UP", ""));
    assertEquals(
        List.of(
            "09:05:00 net0 up, rx 1,000/s 0.0 Mbit/s, tx 0/s 0.0 Mbit/s, drops 0/s, rings rx 8/16"
                + " tx 2/8, hand-off rx 7/0 tx 0/0, interrupts 0/s, allocated 4.0 MB/s"),
        view.plain());
  }

  @Test
  void aPageFitsATerminalAndShowsDropsByReason() throws IOException {
    var view =
        new TopView(
            LocalTime.of(9, 5), state(1, 0, "UP", ""), state(2, 500, "RECOVERING", "it stalls"));
    List<String> page = view.page("127.0.0.1:9464");
    page.forEach(line -> assertTrue(line.length() <= 80, line));
    Lines.assertInOrder(
        page,
        List.of(
            "virtionet at 127.0.0.1:9464 .*JVM allocates 4.0 MB/s",
            "net0 recovering: it stalls",
            "  MAC 52:54:00:12:34:56, MTU 1500, link up, 1 client",
            "  receive +500 +0.0 +8/16 +7/0 .*",
            "  dropped 0/s, 3 in all: received, too short"));
  }

  @Test
  void aDriverThatWasStartedAnewHasNoNegativeRates() throws IOException {
    for (int second : new int[] {1, 9}) {
      var view =
          new TopView(LocalTime.MIDNIGHT, state(5, 900, "UP", ""), state(second, 4, "UP", ""));
      assertTrue(view.plain().getFirst().contains(" rx 0/s"), view.plain()::toString);
    }
  }

  @Test
  void whatATerminalWouldObeyIsNotShown() throws IOException {
    var now = state(2, 0, "FAILED", "\\u001b[2J\\u0007\\u009b");
    String line = new TopView(LocalTime.MIDNIGHT, now, now).plain().getFirst();
    assertTrue(line.endsWith(", ?[2J??"), line);
  }

  @Test
  void aRunningDriverIsShownAsOftenAsIsWanted() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var client = driver.connected();
      driver.device().receive(bytes(1, 100));
      client.receive();
      InProcess top = InProcess.run("top", serve(driver), "--count", "3", "--interval", "0.1");
      assertEquals(0, top.code(), top.errors());
      assertEquals(3, top.lines().size(), top::output);
      for (String line : top.lines()) {
        assertTrue(
            line.matches(
                "\\d\\d:\\d\\d:\\d\\d virtio_mmio@10001000 up, rx .*rings rx 8/8 tx 0/8, .*"),
            line);
      }
      InProcess once = InProcess.run("top", "127.0.0.1:" + serve(driver), "--once");
      assertEquals(1, once.lines().size(), once::output);
    }
  }

  @Test
  void itEndsWithTheDriver() {
    var port = new AtomicInteger();
    var ended = new CompletableFuture<InProcess>();
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      driver.connected();
      port.set(Integer.parseInt(serve(driver)));
      var out = new StringWriter();
      Thread.ofPlatform()
          .daemon()
          .start(
              () ->
                  ended.complete(InProcess.run(out, "top", port.toString(), "--interval", "0.1")));
      until("something is shown", () -> out.toString().contains("up, rx"));
    }
    InProcess top = await(ended);
    assertEquals(0, top.code(), top.errors());
    assertEquals("127.0.0.1:%d answers no more".formatted(port.get()), top.lines().getLast());
  }

  @Test
  void whenNobodyAnswersItIsSaidHowToHaveSomebody() throws IOException {
    int port;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    InProcess top = InProcess.run("top", Integer.toString(port));
    assertEquals(3, top.code());
    assertTrue(
        top.errors()
            .contains(
                "nobody answers at 127.0.0.1:%d: is there a command that runs with --metrics?"
                    .formatted(port)),
        top.errors());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"<html>hello</html>", "{}", "[1]", "{\"devices\":[1],\"nanos\":1}", "", "null"})
  void somebodyElsesPortIsToldFromADrivers(String answer) throws IOException {
    HttpServer stranger = HttpServer.create(anyPort(), 1);
    stranger.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, answer.isEmpty() ? -1 : answer.length());
          exchange.getResponseBody().write(answer.getBytes(UTF_8));
          exchange.close();
        });
    stranger.start();
    try {
      InProcess top = InProcess.run("top", Integer.toString(stranger.getAddress().getPort()));
      assertEquals(3, top.code());
      assertTrue(top.errors().contains("is no driver of virtionet's (status 200)"), top.errors());
    } finally {
      stranger.stop(0);
    }
  }

  @Test
  void anAnswerThatBreaksOffInTheMidstIsNotWaitedForForEver() throws IOException {
    HttpServer stranger = HttpServer.create(anyPort(), 1);
    stranger.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, 100);
          exchange.getResponseBody().write('{');
          exchange.getResponseBody().flush();
        });
    stranger.start();
    try {
      InProcess top = InProcess.run("top", Integer.toString(stranger.getAddress().getPort()));
      assertEquals(3, top.code());
      assertTrue(top.errors().contains("does not answer within 10 s"), top.errors());
    } finally {
      stranger.stop(0);
    }
  }

  @Test
  void aDriverWithoutAMachineSaysSo() {
    ModelMachine model = ModelMachine.of();
    try (var driver =
        DriverOnModel.on(
            model,
            () -> {
              throw new MachineException("no QEMU here");
            },
            "")) {
      InProcess top = InProcess.run("top", serve(driver));
      assertEquals(3, top.code());
      assertTrue(top.errors().contains("no QEMU here"), top.errors());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "top 0|no port from 1 to 65535",
        "top 65536|no port from 1 to 65535",
        "top x|no port from 1 to 65535",
        "top :9464|no port from 1 to 65535",
        "top ::1:9464|no port from 1 to 65535",
        "top 9464 --once --count 2|do not go together",
        "top|Missing required parameter",
        "ping 10.0.2.2 --metrics 65536|no port from 0 to 65535",
        "ping 10.0.2.2 --metrics -1|no port from 0 to 65535",
        "demo --metrics here|no port from 0 to 65535"
      })
  void aWrongPortIsSaidBeforeAnythingIsDone(String words, String complaint) {
    InProcess result = InProcess.run(words.split(" "));
    assertEquals(2, result.code());
    assertTrue(result.errors().contains(complaint), result.errors());
  }

  @Test
  void aPortInUseEndsACommandBeforeItsMachineIsStarted() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      InProcess ping =
          InProcess.run(
              "ping", "10.0.2.2", "--qemu", "/no/such/qemu", "--metrics", Integer.toString(port));
      assertEquals(3, ping.code());
      assertTrue(
          ping.errors()
              .contains("cannot listen on port %d of 127.0.0.1: Address already".formatted(port)),
          ping.errors());
      assertEquals(List.of(), ping.lines());
    }
  }
}
