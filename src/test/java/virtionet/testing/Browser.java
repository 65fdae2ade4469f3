package virtionet.testing;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A page in Chromium without a screen, driven by its DevTools protocol; all that goes wrong in the
 * page is kept.
 */
public final class Browser implements AutoCloseable {
  static final String PROGRAM = "chromium";
  private static final String LISTENS = "DevTools listening on ws://";

  private final Process process;
  private final HttpClient http = HttpClient.newHttpClient();
  private final WebSocket socket;
  private final AtomicInteger lastId = new AtomicInteger();
  private final Map<Integer, CompletableFuture<Map<String, Object>>> questions =
      new ConcurrentHashMap<>();
  private final List<String> complaints = new CopyOnWriteArrayList<>();

  static boolean isInstalled() {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, PROGRAM)));
  }

  /**
   * Starts it, with an empty page.
   *
   * @param profile a folder that is its own
   */
  public static Browser start(Path profile) throws IOException, InterruptedException {
    var builder =
        new ProcessBuilder(
                PROGRAM,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--hide-scrollbars",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    // Its socket too is to go with the folder.
    builder.environment().put("TMPDIR", profile.toString());
    Process process = builder.start();
    try {
      return new Browser(process);
    } catch (IOException | InterruptedException | RuntimeException e) {
      end(process);
      throw e;
    }
  }

  private Browser(Process process) throws IOException, InterruptedException {
    this.process = process;
    String place = place(process);
    Object pages =
        JSON.std.anyFrom(
            http.send(
                    HttpRequest.newBuilder(URI.create("http://" + place + "/json/list")).build(),
                    BodyHandlers.ofString())
                .body());
    String page =
        ((List<?>) pages)
            .stream()
                .map(each -> (Map<?, ?>) each)
                .filter(each -> "page".equals(each.get("type")))
                .map(each -> String.valueOf(each.get("webSocketDebuggerUrl")))
                .findFirst()
                .orElseThrow(() -> new IOException("no page in " + pages));
    socket = http.newWebSocketBuilder().buildAsync(URI.create(page), new Listener()).join();
    ask("Runtime.enable", Map.of());
    ask("Log.enable", Map.of());
  }

  private static String place(Process process) throws IOException {
    BufferedReader errors = process.errorReader(StandardCharsets.UTF_8);
    for (String line; (line = errors.readLine()) != null; ) {
      if (line.startsWith(LISTENS)) {
        String rest = line.substring(LISTENS.length());
        // What it says later is read as well, or it would wait for that.
        Thread.ofPlatform().daemon().start(() -> drain(errors));
        return rest.substring(0, rest.indexOf('/'));
      }
    }
    throw new IOException("chromium ended without a word of where it listens");
  }

  private static void drain(BufferedReader errors) {
    try {
      errors.transferTo(Writer.nullWriter());
    } catch (IOException e) {
      // It has ended.
    }
  }

  private Map<String, Object> ask(String method, Map<String, Object> parameters) {
    int id = lastId.incrementAndGet();
    var answer = new CompletableFuture<Map<String, Object>>();
    questions.put(id, answer);
    try {
      String text = JSON.std.asString(Map.of("id", id, "method", method, "params", parameters));
      socket.sendText(text, true).join();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return DriverOnModel.await(answer);
  }

  /** Shows a page on a screen of that size, in CSS pixels. */
  public void open(String url, int width, int height) {
    ask(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
    ask("Page.navigate", Map.of("url", url));
  }

  /** What an expression of JavaScript gives there, as text. */
  public String evaluate(String expression) {
    Map<String, Object> answer =
        ask("Runtime.evaluate", Map.of("expression", "String(" + expression + ")"));
    return answer.get("result") instanceof Map<?, ?> result
        ? String.valueOf(result.get("value"))
        : answer.toString();
  }

  /** A picture of it, as PNG. */
  public byte[] screenshot() {
    Object data = ask("Page.captureScreenshot", Map.of("format", "png")).get("data");
    return Base64.getDecoder().decode(String.valueOf(data));
  }

  /** Errors of scripts, and what was refused or not found. */
  public List<String> complaints() {
    return List.copyOf(complaints);
  }

  @Override
  public void close() {
    socket.abort();
    http.shutdownNow();
    end(process);
  }

  private static void end(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    process.onExit().join();
  }

  private final class Listener implements WebSocket.Listener {
    private final List<CharSequence> parts = new ArrayList<>();

    @Override
    public @Nullable CompletionStage<?> onText(
        WebSocket webSocket, CharSequence data, boolean last) {
      parts.add(data.toString());
      if (last) {
        take(String.join("", parts));
        parts.clear();
      }
      webSocket.request(1);
      return null;
    }

    private void take(String text) {
      Map<String, Object> message;
      try {
        message = JSON.std.mapFrom(text);
      } catch (IOException e) {
        complaints.add(e.toString());
        return;
      }
      if (message.get("id") instanceof Integer id) {
        CompletableFuture<Map<String, Object>> question =
            Objects.requireNonNull(questions.remove(id), text);
        if (message.get("result") instanceof Map<?, ?> result) {
          @SuppressWarnings("unchecked") // JSON's keys are text
          var typed = (Map<String, Object>) result;
          question.complete(typed);
        } else {
          question.completeExceptionally(new IOException(text));
        }
      } else if ("Runtime.exceptionThrown".equals(message.get("method"))
          || "Log.entryAdded".equals(message.get("method"))) {
        complaints.add(text);
      }
    }
  }
}
