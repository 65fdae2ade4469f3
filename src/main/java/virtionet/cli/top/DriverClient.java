package virtionet.cli.top;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks a driver at its port. */
public final class DriverClient implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(3);
  private static final Duration ANSWER = Duration.ofSeconds(10);

  /** Far more than any driver tells. */
  private static final long LONGEST = 4 << 20;

  private final String place;
  private final HttpClient client;

  /**
   * @param place host and port, as in a URL
   */
  public DriverClient(String place) {
    this.place = Objects.requireNonNull(place, "place");
    client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();
  }

  /** Asks once. */
  public DriverState ask() throws InterruptedException, NoAnswerException {
    HttpRequest question =
        HttpRequest.newBuilder(URI.create("http://" + place + "/state.json"))
            .timeout(ANSWER)
            .build();
    HttpResponse<String> answer;
    try {
      answer = send(question);
    } catch (ConnectException e) {
      throw new NoAnswerException(
          "nobody answers at %s: is there a command that runs with --metrics?".formatted(place), e);
    } catch (HttpTimeoutException | TimeoutException e) {
      throw new NoAnswerException(
          "%s does not answer within %d s".formatted(place, ANSWER.toSeconds()), e);
    } catch (IOException e) {
      throw new NoAnswerException(
          "what listens at %s does not answer as a driver: %s".formatted(place, e.getMessage()), e);
    }
    if (answer.statusCode() == 503) {
      throw new NoAnswerException("%s: %s".formatted(place, firstLine(answer.body())), null);
    }
    try {
      return DriverState.parse(answer.body());
    } catch (IOException e) {
      throw new NoAnswerException(
          "what answers at %s is no driver of virtionet's (status %d)"
              .formatted(place, answer.statusCode()),
          e);
    }
  }

  /** The question's own time limit ends with the headers; the body is not to take longer either. */
  private HttpResponse<String> send(HttpRequest question)
      throws IOException, InterruptedException, TimeoutException {
    CompletableFuture<HttpResponse<String>> answer =
        client.sendAsync(question, BodyHandlers.limiting(BodyHandlers.ofString(), LONGEST));
    try {
      return answer.get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IOException(e.getCause());
    } finally {
      answer.cancel(true);
    }
  }

  private static String firstLine(String text) {
    return text.lines().findFirst().orElse("");
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
