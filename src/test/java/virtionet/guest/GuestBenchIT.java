package virtionet.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One short round of the comparison with the kernel's driver. Speeds are not judged here. */
@RequiresGuest
class GuestBenchIT {
  @TempDir private Path folder;

  @Test
  void bothDriversTakeTheirTurnAndEachNumberIsThere() throws IOException {
    Path json = folder.resolve("bench.json");
    Guest.Outcome bench =
        Guest.run(
            "bench",
            "--rounds",
            "1",
            "--pings",
            "20",
            "--warmup",
            "1",
            "--seconds",
            "1",
            "--json",
            json.toString());
    assertEquals(0, bench.code(), bench::text);
    Map<String, Object> all = JSON.std.mapFrom(Files.readString(json));
    Map<?, ?> rounds = assertInstanceOf(Map.class, all.get("rounds"), bench::text);
    for (String who : List.of("kernel-plain", "kernel-batch", "virtionet")) {
      for (int size : List.of(64, 1500)) {
        assertEquals(List.of(0.0), rounds.get("frames changed, " + size + ", " + who), who);
        assertPositive(rounds, "frames/s, " + size + ", " + who);
      }
    }
    assertPositive(rounds, "round trip ms, median, kernel");
    assertPositive(rounds, "round trip ms, median, virtionet");
  }

  private static void assertPositive(Map<?, ?> rounds, String series) {
    assertTrue(
        rounds.get(series) instanceof List<?> values
            && values.size() == 1
            && values.getFirst() instanceof Double value
            && value > 0,
        () -> series + " in " + rounds);
  }
}
