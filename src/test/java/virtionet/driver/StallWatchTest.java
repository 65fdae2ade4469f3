package virtionet.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import virtionet.driver.StallWatch.Finding;

/** When a device counts as one that does not send. */
class StallWatchTest {
  private final StallWatch watch = new StallWatch();

  @Test
  void aDeviceThatSendsNothingOfWhatItHasIsSlowAndThenStalled() {
    assertEquals(Finding.FINE, watch.look(3));
    for (int look = 1; look < StallWatch.LOOKS; look++) {
      assertEquals(Finding.SLOW, watch.look(3));
    }
    assertEquals(Finding.STALLED, watch.look(3));
  }

  @Test
  void oneFrameThatWasSentMakesItFineAgain() {
    assertEquals(Finding.FINE, watch.look(3));
    assertEquals(Finding.SLOW, watch.look(3));
    watch.sent(1);
    assertEquals(Finding.FINE, watch.look(2));
    assertEquals(Finding.SLOW, watch.look(2));
  }

  @Test
  void whatCameSinceTheLastLookHasItsWholeTime() {
    assertEquals(Finding.FINE, watch.look(0));
    assertEquals(Finding.FINE, watch.look(1), "perhaps it came just now");
    assertEquals(Finding.SLOW, watch.look(1));
  }
}
