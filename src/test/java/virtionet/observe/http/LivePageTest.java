package virtionet.observe.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.net.Frame;
import virtionet.observe.metrics.Metrics;
import virtionet.testing.Browser;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;
import virtionet.testing.RequiresChromium;

/** What a person sees at the port. */
@RequiresChromium
class LivePageTest {
  /** A frame that the device does not send is to be seen there, however long the browser takes. */
  private static final String RECOVERS =
      """
      virtionet.recovery { max-restarts = 5, min-backoff = 10 ms, max-backoff = 40 ms }
      virtionet.transmit-timeout = 1 h
      """;

  @TempDir private Path profile;

  private static String serve(DriverOnModel driver) {
    var anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    var metrics = Metrics.of(driver.system());
    return "http://127.0.0.1:%d/"
        .formatted(
            await(MetricsServer.start(driver.system(), metrics, anyPort)).address().getPort());
  }

  private static void untilShown(Browser browser, String part, String text) {
    until(part + " shows " + text, () -> text(browser, part).contains(text));
  }

  private static String text(Browser browser, String part) {
    return browser.evaluate(
        "document.querySelector('[data-is=\"%s\"]')?.textContent".formatted(part));
  }

  @Test
  void itShowsTheDeviceWithItsActorsRingsFeaturesAndEvents() throws Exception {
    try (var driver = DriverOnModel.with(RECOVERS, ModelSettings.modern());
        var browser = Browser.start(profile)) {
      var client = driver.connected();
      browser.open(serve(driver), 1100, 1200);
      untilShown(browser, "link", "MAC 52:54:00:12:34:56, MTU 1500, link up, 1 client(s)");
      assertEquals(
          "virtio_mmio@10001000 up", browser.evaluate("document.querySelector('h2').textContent"));
      for (String actor :
          List.of("startup: 1 client(s)", "interrupt: at work", "upstream: at work")) {
        untilShown(browser, "actors", actor);
      }
      untilShown(browser, "rings", "receiveq1: 8 of 8");
      untilShown(browser, "rings", "transmitq1: 0 of 8");
      untilShown(browser, "features", "VERSION_1yes");
      untilShown(browser, "reasons", "nothing was dropped");

      driver.device().stall();
      client.in().sendNext(Frame.wrap(bytes(1, 80)));
      untilShown(browser, "rings", "transmitq1: 1 of 8");
      driver.device().setLink(false);
      untilShown(browser, "events", "link down");
      untilShown(browser, "link", "link down");
      driver.device().needReset();
      untilShown(browser, "events", "is up again");
      untilShown(browser, "reasons", "transmit aborted: 1");
      assertEquals(List.of(), browser.complaints());
    }
  }

  @Test
  void thePlotsAreDrawnOfWhatPasses() throws Exception {
    try (var driver = DriverOnModel.of(ModelSettings.modern());
        var browser = Browser.start(profile)) {
      var client = driver.connected();
      browser.open(serve(driver), 1100, 1200);
      untilShown(browser, "link", "link up");
      String empty = picture(browser);
      until(
          "the curve of what is received is drawn",
          () -> {
            driver.device().receive(bytes(1, 1500));
            client.receive();
            return !text(browser, "rates").contains(" 0 received")
                && !picture(browser).equals(empty);
          });
    }
  }

  private static String picture(Browser browser) {
    return browser.evaluate("document.querySelector('[data-is=\"throughput\"]').toDataURL()");
  }

  @Test
  void itFitsAPhoneAndStaysWhenTheDriverIsGone() throws Exception {
    try (var browser = Browser.start(profile)) {
      try (var driver =
          DriverOnModel.with(
              "virtionet.receive-queue-size = 1024",
              IntStream.range(0, 2)
                  .mapToObj(_ -> ModelSettings.modern())
                  .toArray(ModelSettings[]::new))) {
        driver.connected();
        browser.open(serve(driver), 360, 740);
        until(
            "both are shown",
            () -> browser.evaluate("document.querySelectorAll('section').length").equals("2"));
        untilShown(browser, "rings", "receiveq1: ");
        assertEquals("360", browser.evaluate("document.documentElement.scrollWidth"));
        assertEquals(List.of(), browser.complaints());
      }
      until(
          "it says so",
          () ->
              browser
                  .evaluate("document.getElementById('trouble').textContent")
                  .startsWith("no answer: "));
      assertTrue(text(browser, "link").contains("MAC"), "the last state stays");
    }
  }
}
