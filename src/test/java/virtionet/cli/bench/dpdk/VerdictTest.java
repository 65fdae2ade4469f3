package virtionet.cli.bench.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** The judge's lines. */
class VerdictTest {
  private static final String RESULT =
      "result frames 3000 nanos 2000000 lost 4 changed 5 foreign 6 cpu 1900000";

  @Test
  void aResultIsReadByItsWords() {
    Verdict verdict = Verdict.of(RESULT, "");
    assertEquals(1.5e9 / 1000, verdict.rate());
    assertEquals(4, verdict.lost());
    assertEquals(5, verdict.changed());
    assertEquals(1_900_000, verdict.processorNanos());
    assertEquals(Map.of(), verdict.trips());
  }

  @Test
  void aResultWithoutANumberIsRefused() {
    var refusal = assertThrows(BenchException.class, () -> Verdict.of("result frames 3000", ""));
    assertTrue(
        String.valueOf(refusal.getMessage()).contains("has not said nanos"), refusal.getMessage());
  }

  @Test
  void percentilesAreThoseOfAllTrips() {
    Verdict verdict = Verdict.of(RESULT, "histogram 100:9989 1000:10 5000:1");
    assertEquals(100, verdict.trips().getOrDefault(50.0, 0.0));
    assertEquals(1000, verdict.trips().getOrDefault(99.9, 0.0), 1);
    assertEquals(1000, verdict.trips().getOrDefault(99.99, 0.0), 1);
  }
}
