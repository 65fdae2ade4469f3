package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import ch.qos.logback.classic.Level;
import org.junit.jupiter.api.Test;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.testing.CapturedLog;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;

/** The lines by which an operator follows the driver, at the levels where they are looked for. */
class LogLinesTest {
  @Test
  void aDevicesLifeIsToldAtTheExpectedLevels() {
    try (var log = new CapturedLog(Level.TRACE);
        var driver = DriverOnModel.of(ModelSettings.modern().withMac("52:54:00:00:00:07"))) {
      var client = driver.connected();
      client.in().sendNext(Frame.wrap(bytes(1, 77)));
      driver.device().receive(bytes(2, 60));
      client.receive();
      until("it is sent", () -> client.count(Counter.TRANSMITTED_FRAMES) == 1);
      client.leave();
      until(
          "the leaving is told",
          () -> !log.lines(Level.WARN, "upstream channel closed, stopping transmission").isEmpty());
      assertEquals(1, log.lines(Level.DEBUG, "MAC address: 52:54:00:00:00:07").size());
      assertEquals(1, log.lines(Level.TRACE, "transmitting 77 bytes").size());
      assertTrue(!log.lines(Level.TRACE, "interrupt").isEmpty());
    }
  }

  @Test
  void aFloodOfDropsIsWarnedOfWithFewLines() {
    try (var log = new CapturedLog(Level.WARN);
        var driver = DriverOnModel.with("virtionet.receive-hand-off = 1", ModelSettings.modern())) {
      var client = driver.connected();
      long start = System.nanoTime();
      for (int number = 0; number < 500; number++) {
        byte[] bytes = bytes(number, 60);
        until("there is a buffer", () -> driver.device().receive(bytes));
      }
      until("all but one are dropped", () -> client.count(Counter.DROPPED_HANDOFF_FULL) == 499);
      long seconds = (System.nanoTime() - start) / 1_000_000_000L;
      int lines = log.lines(Level.WARN, "upstream channel is full, dropping packet").size();
      assertTrue(1 <= lines && lines <= 2 + seconds, lines + " lines in " + seconds + " s");
    }
  }
}
