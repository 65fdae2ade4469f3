package virtionet.driver;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.testing.DriverOnModel;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelOffloads;
import virtionet.testing.ModelSettings;

/** What no interrupt tells of is found nevertheless, and counted; all else is not. */
class WatchdogTest {
  private static final ModelOffloads.Header PLAIN = new ModelOffloads.Header(0, 0, 0, 0, 0, 0, 0);

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Misbehaviour("H113")
  void aFrameWhoseInterruptIsLostStillArrivesAndIsCounted(boolean legacy) {
    ModelSettings settings = legacy ? ModelSettings.legacy() : ModelSettings.modern();
    try (var driver = DriverOnModel.of(settings)) {
      var client = driver.connected();
      driver.device().line().mute(true);
      driver.device().receive(bytes(1, 60));
      assertArrayEquals(bytes(1, 60), client.receive());
      assertEquals(1, client.count(Counter.LOST_WAKEUPS));
      assertEquals(0, client.count(Counter.INTERRUPTS));

      driver.device().line().mute(false);
      driver.device().receive(bytes(2, 60));
      assertArrayEquals(bytes(2, 60), client.receive());
      assertEquals(1, client.count(Counter.LOST_WAKEUPS));
      driver.stopWithoutATrace();
    }
  }

  @Test
  @Misbehaviour("H113")
  void aTransmittedFrameWhoseInterruptIsLostIsReapedNevertheless() {
    // Else the look for a stall, which comes more often, finds it first.
    String settings = "virtionet.transmit-timeout = 1 m";
    try (var driver = DriverOnModel.with(settings, ModelSettings.modern())) {
      var client = driver.connected();
      client.connected();
      driver.device().stall();
      driver.device().line().mute(true);
      client.in().sendNext(Frame.wrap(bytes(1, 60)));
      until("the frame waits for the device", () -> driver.device().waiting(1) == 1);
      driver.device().transmitNow();
      until("the frame is reaped", () -> client.count(Counter.TRANSMITTED_FRAMES) == 1);
      assertEquals(1, client.count(Counter.LOST_WAKEUPS));
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aQuietLineIsNotALostInterrupt() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var client = driver.connected();
      for (int number = 0; number < 3; number++) {
        int frame = number;
        driver.device().receive(bytes(frame, 60));
        assertArrayEquals(bytes(frame, 60), client.receive());
        int looks = driver.device().interruptStatusReads();
        until("the watchdog has looked", () -> driver.device().interruptStatusReads() > looks + 1);
      }
      assertEquals(0, client.count(Counter.LOST_WAKEUPS));
      driver.stopWithoutATrace();
    }
  }

  @Test
  @Misbehaviour("H73")
  void aFrameWhoseRestDoesNotComeIsGivenUpOnEachQueuePair() {
    String settings =
        """
        virtionet.queue-pairs = 2
        virtionet.received-frames = "as-given"
        virtionet.buffer-size = 2 KiB
        """;
    ModelSettings offer = ModelSettings.modern().withPairs(2).offering(ModelSettings.MRG_RXBUF);
    try (var driver = DriverOnModel.with(settings, offer)) {
      var client = driver.connected();
      var device = driver.device();
      until("both pairs are in use", () -> device.pairs() == 2);
      for (int pair = 1; pair >= 0; pair--) {
        long before = client.count(Counter.DROPPED_INCOMPLETE);
        assertTrue(device.deliverMerged(pair, PLAIN, bytes(pair, 3000), Integer.MAX_VALUE, 1));
        device.signal(device.ring(2 * pair));
        until(
            "the frame is given up", () -> client.count(Counter.DROPPED_INCOMPLETE) == before + 1);
      }
      // The first is taken for the rest that did not come.
      device.receive(1, bytes(6, 60));
      device.receive(1, bytes(7, 60));
      assertArrayEquals(bytes(7, 60), client.receive());
      driver.stopWithoutATrace();
    }
  }
}
