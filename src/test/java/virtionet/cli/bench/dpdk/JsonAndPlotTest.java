package virtionet.cli.bench.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;

/** What programs read of a run, and the picture that is drawn of it. */
class JsonAndPlotTest {
  @TempDir private Path folder;

  private static Results results() {
    Results results = MadeUp.none("dpdk,raw:split");
    MadeUp.rates(results, "dpdk", 10e6, 8e6, 9e6);
    MadeUp.rates(results, "raw:split", 5e6, 4e6, 9e6);
    results.add(
        Contender.DPDK, MadeUp.ONE, MadeUp.measurement(1, 1e6, Map.of(50.0, 400.0, 99.99, 5600.0)));
    // As when no frame was taken the time of.
    results.add(MadeUp.contender("raw:split"), MadeUp.ONE, MadeUp.measurement(1, 1e6, Map.of()));
    results.error("an error with \"quotes\"");
    return results;
  }

  @Test
  void theJsonHasEachRound() throws Exception {
    Path file = folder.resolve("bench.json");
    Json.write(results(), file);
    Map<String, Object> all = JSON.std.mapFrom(Files.readString(file));
    assertEquals(List.of("an error with \"quotes\""), all.get("errors"));
    List<?> entries = assertInstanceOf(List.class, all.get("results"));
    assertEquals(8, entries.size(), "four trials of two contenders");
    Map<?, ?> raw = assertInstanceOf(Map.class, entries.get(1));
    assertEquals("raw:split", raw.get("contender"));
    assertEquals(List.of(0.5, 0.5, 1.0), raw.get("ratiosToDpdk"));
    assertEquals(3, assertInstanceOf(List.class, raw.get("rounds")).size());
  }

  @Test
  void thePictureHasABarForEachContenderWithNumbers() throws Exception {
    Path file = folder.resolve("bench.json");
    Path svg = folder.resolve("bench.svg");
    Json.write(results(), file);
    Plot.write(file, svg);
    var document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(Files.readAllBytes(svg)));
    var bars = document.getElementsByTagName("rect");
    // One is the paper.
    assertEquals(1 + 3, bars.getLength());
    double dpdk = Double.parseDouble(((Element) bars.item(1)).getAttribute("width"));
    double raw = Double.parseDouble(((Element) bars.item(2)).getAttribute("width"));
    assertEquals(5.0 / 9, raw / dpdk, 0.01, "as the medians");
    String text = Files.readString(svg, StandardCharsets.UTF_8);
    assertTrue(text.contains("5.00  (0.50 × DPDK)"), text);
    assertTrue(text.contains("io 64 B, 1 in flight: round trip, p50, µs"), text);
  }

  @Test
  void whatIsNoJsonOfABenchIsRefused() throws Exception {
    Path file = folder.resolve("other.json");
    Files.writeString(file, "{\"results\": 5}");
    var refusal =
        assertThrows(BenchException.class, () -> Plot.write(file, folder.resolve("other.svg")));
    assertTrue(String.valueOf(refusal.getMessage()).contains("no JSON that bench has written"));
  }
}
