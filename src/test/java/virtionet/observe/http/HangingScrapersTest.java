package virtionet.observe.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import virtionet.observe.metrics.Metrics;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;

/**
 * Scrapers that connect and then do not go on: others are served, and the driver is not touched.
 */
class HangingScrapersTest {
  /** More than are served at once, and no more than wait with the system for their turn. */
  private static final int MANY = 110;

  private static final String QUESTION = "GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n";

  private final DriverOnModel driver = DriverOnModel.of(ModelSettings.modern());
  private final DriverOnModel.Client client = driver.connected();
  private final List<SocketChannel> hanging = new ArrayList<>();
  private InetSocketAddress address = new InetSocketAddress(0);

  /** How long frames take on this machine while nobody hangs. */
  private Duration undisturbed = Duration.ZERO;

  @BeforeEach
  void serve() {
    address =
        await(
                MetricsServer.start(
                    driver.system(),
                    Metrics.of(driver.system()),
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))
            .address();
    undisturbed = frames();
  }

  @AfterEach
  void end() throws IOException {
    for (SocketChannel one : hanging) {
      one.close();
    }
    driver.close();
  }

  private void hang(String said) throws IOException {
    for (int number = 0; number < MANY; number++) {
      var channel = SocketChannel.open(address);
      hanging.add(channel);
      channel.write(ByteBuffer.wrap(said.getBytes(US_ASCII)));
    }
  }

  /** What a scraper gets that asks and reads. */
  private String scrape() {
    try (var socket = new Socket()) {
      socket.connect(address);
      socket.setSoTimeout((int) DriverOnModel.PATIENCE.toMillis());
      socket.getOutputStream().write(QUESTION.getBytes(US_ASCII));
      try (InputStream in = socket.getInputStream()) {
        return new String(in.readAllBytes(), US_ASCII);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void assertScraped() {
    String answer = scrape();
    assertTrue(answer.startsWith("HTTP/1.1 200 OK"), answer);
    assertTrue(answer.contains("virtionet_device_up"), answer);
  }

  /** Sooner than a connection that hangs is ended, if the machine is not slow by itself. */
  private void assertFramesPass() {
    long mostSeconds = Math.max(5, undisturbed.multipliedBy(10).toSeconds());
    Duration took = frames();
    assertTrue(took.toSeconds() < mostSeconds, () -> took + ", undisturbed " + undisturbed);
  }

  private Duration frames() {
    long before = System.nanoTime();
    for (int number = 0; number < 200; number++) {
      byte[] frame = bytes(number, 100);
      until("there is room", () -> driver.device().receive(frame));
      assertArrayEquals(frame, client.receive());
    }
    return Duration.ofNanos(System.nanoTime() - before);
  }

  /** However little they read: the other side has ended it. */
  private void assertAllAreSentAway() {
    for (SocketChannel one : hanging) {
      until("it is sent away", () -> isOver(one));
    }
  }

  private static boolean isOver(SocketChannel channel) {
    try {
      channel.configureBlocking(false);
      ByteBuffer into = ByteBuffer.allocate(1 << 16);
      int read;
      do {
        into.clear();
        read = channel.read(into);
      } while (read > 0);
      return read < 0;
    } catch (IOException e) {
      return true;
    }
  }

  @Test
  void thoseWhoSayNothingAreSentAway() throws IOException {
    hang("");
    assertFramesPass();
    assertScraped();
    assertAllAreSentAway();
  }

  @Test
  void thoseWhoAskAndReadNothingAreSentAway() throws IOException {
    hang(QUESTION);
    assertFramesPass();
    assertScraped();
    assertAllAreSentAway();
  }

  @Test
  void thoseWhoAskOverAndOverOnOneConnectionGetOneAnswer() throws IOException {
    hang(QUESTION.repeat(100));
    assertFramesPass();
    assertScraped();
    assertAllAreSentAway();
  }

  @Test
  void thoseWhoNeverComeToTheEndOfTheirQuestionAreSentAway() throws IOException {
    hang("GET /metrics HTTP/1.1\r\nX-Slow: ");
    try (ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor()) {
      var _ =
          clock.scheduleAtFixedRate(
              () -> hanging.forEach(HangingScrapersTest::sayOneMore),
              0,
              300,
              TimeUnit.MILLISECONDS);
      assertFramesPass();
      assertScraped();
      assertAllAreSentAway();
      clock.shutdownNow();
    }
  }

  private static void sayOneMore(SocketChannel channel) {
    try {
      channel.write(ByteBuffer.wrap("x".getBytes(US_ASCII)));
    } catch (IOException e) {
      // Sent away, as it should be.
    }
  }
}
