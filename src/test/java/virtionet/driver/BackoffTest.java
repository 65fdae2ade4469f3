package virtionet.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How long to pause before a start, and how often. */
class BackoffTest {
  private static final long SECOND = 1_000_000_000L;

  private static RecoverySettings settings(int maxRestarts) {
    return new RecoverySettings(
        Duration.ofMillis(100), Duration.ofMillis(500), 0.2, maxRestarts, Duration.ofSeconds(2));
  }

  private static List<Long> pauses(Backoff backoff, int count) {
    List<Long> pauses = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      pauses.add(backoff.next(0, Duration.ZERO).orElseThrow().toMillis());
    }
    return pauses;
  }

  @Test
  void theFirstStartFollowsAtOnceAndLaterPausesDoubleUpToTheLongest() {
    assertEquals(
        List.of(0L, 100L, 200L, 400L, 500L, 500L), pauses(new Backoff(settings(6), () -> 0), 6));
  }

  @Test
  void someOfAPauseIsLeftToChance() {
    assertEquals(List.of(0L, 110L, 220L), pauses(new Backoff(settings(3), () -> 0.5), 3));
  }

  @Test
  void afterSoManyStartsInARowThereIsNoOther() {
    var backoff = new Backoff(settings(2), () -> 0);
    pauses(backoff, 2);
    assertEquals(Optional.empty(), backoff.next(0, Duration.ZERO));
    backoff.reset();
    assertEquals(Optional.of(Duration.ZERO), backoff.next(0, Duration.ZERO));
    assertEquals(
        Optional.empty(), new Backoff(settings(0), () -> 0).next(0, Duration.ZERO), "none at all");
  }

  @Test
  void theCountBeginsAnewOnceItWasUpForSoLong() {
    var backoff = new Backoff(settings(2), () -> 0);
    pauses(backoff, 2);
    backoff.started(5 * SECOND);
    assertEquals(Optional.empty(), backoff.next(7 * SECOND - 1, Duration.ZERO), "too short");
    backoff.started(8 * SECOND);
    assertEquals(Optional.of(Duration.ZERO), backoff.next(10 * SECOND, Duration.ZERO));
    assertEquals(1, backoff.restarts());
  }

  @Test
  void aFaultThatTakesLongToShowCountsOnIfItWasUpForNoLonger() {
    var backoff = new Backoff(settings(1), () -> 0);
    pauses(backoff, 1);
    backoff.started(0);
    assertEquals(Optional.empty(), backoff.next(5 * SECOND, Duration.ofSeconds(10)));
    backoff.started(0);
    assertEquals(Optional.of(Duration.ZERO), backoff.next(10 * SECOND, Duration.ofSeconds(10)));
  }

  @Test
  void settingsThatCannotBeAreRefusedByTheirNames() {
    Duration some = Duration.ofSeconds(1);
    assertNames("min-backoff", () -> new RecoverySettings(Duration.ZERO, some, 0, 1, some));
    assertNames("max-backoff", () -> new RecoverySettings(some, Duration.ofMillis(1), 0, 1, some));
    assertNames("random-factor", () -> new RecoverySettings(some, some, 1.5, 1, some));
    assertNames("random-factor", () -> new RecoverySettings(some, some, Double.NaN, 1, some));
    assertNames("max-restarts", () -> new RecoverySettings(some, some, 0, -1, some));
    assertNames(
        "reset-backoff-after", () -> new RecoverySettings(some, some, 0, 1, Duration.ofMillis(-1)));
  }

  private static void assertNames(String setting, Runnable making) {
    var refusal = assertThrows(IllegalArgumentException.class, making::run);
    assertTrue(String.valueOf(refusal.getMessage()).contains(setting), refusal.getMessage());
  }
}
