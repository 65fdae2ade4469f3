package virtionet.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import virtionet.driver.DeviceEvent.NothingReceived;

/** When a device counts as one that receives nothing. */
class ReceiveWatchTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final ReceiveWatch watch = new ReceiveWatch(Duration.ofSeconds(10));

  private Optional<NothingReceived> look(int second, long received, long transmitted) {
    return watch.look(second * SECOND, received, transmitted);
  }

  @Test
  void aDeviceThatSendsAndReceivesNothingIsToldOfOnce() {
    assertEquals(Optional.empty(), look(0, 5, 100));
    assertEquals(Optional.empty(), look(9, 5, 120));
    assertEquals(Optional.of(new NothingReceived(30, Duration.ofSeconds(10))), look(10, 5, 130));
    assertEquals(Optional.empty(), look(11, 5, 140));
    assertEquals(Optional.empty(), look(1000, 5, 150));
  }

  @Test
  void oneFrameThatIsReceivedBeginsItAnew() {
    assertEquals(Optional.empty(), look(0, 5, 100));
    assertEquals(Optional.empty(), look(9, 6, 120));
    assertEquals(Optional.empty(), look(18, 6, 130));
    assertEquals(Optional.of(new NothingReceived(20, Duration.ofSeconds(10))), look(19, 6, 140));
    assertEquals(Optional.empty(), look(20, 7, 150));
    assertEquals(Optional.of(new NothingReceived(1, Duration.ofSeconds(10))), look(30, 7, 151));
  }

  @Test
  void whoSendsNothingMayReceiveNothing() {
    assertEquals(Optional.empty(), look(0, 0, 0));
    assertEquals(Optional.empty(), look(3600, 0, 0));
  }
}
