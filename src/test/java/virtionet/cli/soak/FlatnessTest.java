package virtionet.cli.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** When a process is said to grow. */
class FlatnessTest {
  private static final long MIB = 1 << 20;

  private static Flatness of(int samples, IntFunction<Footprint> sample) {
    return new Flatness(IntStream.range(0, samples).mapToObj(sample).toList());
  }

  @Test
  void oneThatOnlyWaversIsFlat() {
    Flatness flat =
        of(40, i -> new Footprint((12 + i % 3) * MIB, (150 + i % 20) * MIB, 8 * MIB, 60, 25));
    assertTrue(flat.canBeTold());
    assertEquals(Optional.empty(), flat.complaint());
  }

  @Test
  void aHeapThatGrowsIsFound() {
    Flatness grows = of(40, i -> new Footprint((12 + i) * MIB, 150 * MIB, 8 * MIB, 60, 25));
    assertEquals(
        Optional.of("heap after collection grew from 17.0 MiB to 47.0 MiB"), grows.complaint());
  }

  @Test
  void aFileLeftOpenAtEachFaultIsFound() {
    Flatness grows = of(40, i -> new Footprint(12 * MIB, 150 * MIB, 8 * MIB, 60 + i, 25));
    assertEquals(Optional.of("open files grew from 65 to 95"), grows.complaint());
  }

  @Test
  void fewSamplesSayNothing() {
    Flatness few = of(7, i -> new Footprint(i * (100 * MIB), 150 * MIB, 8 * MIB, 60, 25));
    assertFalse(few.canBeTold());
    assertEquals(Optional.empty(), few.complaint());
    assertEquals(List.of("heap after collection", "0.0 MiB", "600.0 MiB"), few.rows().getFirst());
  }
}
