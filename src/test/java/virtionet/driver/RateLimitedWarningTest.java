package virtionet.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ch.qos.logback.classic.Level;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import virtionet.testing.CapturedLog;

/** A warning that would come with each frame. */
class RateLimitedWarningTest {
  private final RateLimitedWarning warning =
      new RateLimitedWarning(LoggerFactory.getLogger(RateLimitedWarning.class));

  @Test
  void theLastWarningsAreSaidAtTheEndWithTheTotalAndOnce() {
    try (var log = new CapturedLog(Level.WARN)) {
      for (int number = 1; number <= 5; number++) {
        warning.warn("dropped {} so far, the last had {}", number + " bytes");
      }
      warning.sayRest();
      warning.sayRest();
      List<String> lines = log.lines(Level.WARN, "dropped");
      assertEquals("dropped 1 so far, the last had 1 bytes", lines.getFirst());
      assertEquals("dropped 5 so far, the last had 5 bytes", lines.getLast());
      assertEquals(lines.stream().distinct().toList(), lines, "said twice");
    }
  }

  @Test
  void nothingIsSaidWhereNothingHappened() {
    try (var log = new CapturedLog(Level.WARN)) {
      warning.sayRest();
      assertEquals(List.of(), log.lines(Level.WARN, ""));
    }
  }
}
