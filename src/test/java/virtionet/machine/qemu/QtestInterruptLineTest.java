package virtionet.machine.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtionet.machine.InterruptLine.Wakeup;
import virtionet.testing.Patience;

/** A line of which only the changes are told. */
@Timeout(60)
class QtestInterruptLineTest {
  private static final Duration NOW = Duration.ZERO;
  private static final Duration LONG = Duration.ofSeconds(Patience.SECONDS);

  private final QtestInterruptLine line = new QtestInterruptLine();

  @Test
  void aRaiseIsToldOnce() throws Exception {
    line.level(true);
    assertEquals(Wakeup.RAISED, line.await(NOW));
    assertEquals(Wakeup.TIMEOUT, line.await(NOW));
  }

  @Test
  void raisesThatNobodyHeardAreToldAsOne() throws Exception {
    for (int i = 0; i < 3; i++) {
      line.level(true);
      line.level(false);
    }
    assertEquals(Wakeup.RAISED, line.await(NOW));
    assertEquals(Wakeup.TIMEOUT, line.await(NOW));
  }

  @Test
  void aLineThatIsStillUpAfterTheAcknowledgementIsToldAgain() throws Exception {
    line.level(true);
    assertEquals(Wakeup.RAISED, line.await(NOW));
    line.enable();
    assertEquals(Wakeup.RAISED, line.await(NOW));
  }

  @Test
  void aLineThatWentDownIsNotToldAgain() throws Exception {
    line.level(true);
    assertEquals(Wakeup.RAISED, line.await(NOW));
    line.level(false);
    line.enable();
    assertEquals(Wakeup.TIMEOUT, line.await(NOW));
  }

  @Test
  void aPulseThatIsOverBeforeAnybodyWaitsIsStillTold() throws Exception {
    line.level(true);
    line.level(false);
    line.enable();
    assertEquals(Wakeup.RAISED, line.await(NOW));
  }

  @Test
  void aWaiterIsWokenByTheRaise() {
    CompletableFuture<Wakeup> waiter = waiter();
    line.level(true);
    assertEquals(Wakeup.RAISED, Patience.answer(waiter));
  }

  @Test
  void aWaiterIsWokenByTheClose() {
    CompletableFuture<Wakeup> waiter = waiter();
    line.close();
    assertEquals(Wakeup.CLOSED, Patience.answer(waiter));
  }

  @Test
  void aClosedLineIsClosedForEachWaiterAndStaysSo() throws Exception {
    line.level(true);
    line.close();
    line.close();
    assertEquals(Wakeup.CLOSED, line.await(LONG));
    assertEquals(Wakeup.CLOSED, line.await(LONG));
  }

  @Test
  void anOpenLineIsNotReplaced() {
    assertSame(line, line.reopened());
  }

  @Test
  void aReopenedLineKnowsTheLevelAndIsToldOnceEnabled() throws Exception {
    line.level(true);
    line.close();
    QtestInterruptLine again = line.reopened();
    assertNotSame(line, again);
    assertEquals(Wakeup.TIMEOUT, again.await(NOW));
    again.enable();
    assertEquals(Wakeup.RAISED, again.await(NOW));
  }

  @Test
  void aLineReopenedWhileDownWaitsForItsNextRaise() throws Exception {
    line.close();
    QtestInterruptLine again = line.reopened();
    again.enable();
    assertEquals(Wakeup.TIMEOUT, again.await(NOW));
    again.level(true);
    assertEquals(Wakeup.RAISED, again.await(NOW));
  }

  private CompletableFuture<Wakeup> waiter() {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return line.await(LONG);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }
}
