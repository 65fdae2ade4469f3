package virtionet.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Each misbehaviour has a test or a reason, and the document says which. */
class CatalogueTest {
  private static final Path DOCUMENT = Path.of("docs/hostile-devices.md");
  private static final Path FRESH = Path.of("target/hostile-devices.md");

  @Test
  void eachMisbehaviourHasATestOrAReason() {
    assertEquals(List.of(), Catalogue.read().problems());
  }

  @Test
  void theDocumentIsWhatFollowsFromTheTests() throws IOException {
    String text = Catalogue.read().document();
    if (!text.equals(Files.exists(DOCUMENT) ? Files.readString(DOCUMENT) : "")) {
      Files.writeString(FRESH, text);
    }
    assertEquals(
        text, Files.readString(DOCUMENT), () -> "cp %s %s brings it up".formatted(FRESH, DOCUMENT));
  }

  @Test
  void whatIsMissingOrUnknownIsAProblem() {
    var row = new Catalogue.Row("H1", "Status", "sulks", "waits");
    assertEquals(
        List.of("H1 has neither a test nor a reason: the device sulks"),
        new Catalogue(List.of(row), Map.of(), Map.of()).problems());
    assertEquals(
        List.of(), new Catalogue(List.of(row), Map.of("H1", "because"), Map.of()).problems());
    var tested = Map.of("H1", List.of("ATest.waits"));
    assertEquals(List.of(), new Catalogue(List.of(row), Map.of(), tested).problems());
    assertEquals(
        List.of("H1 is listed twice"),
        new Catalogue(List.of(row, row), Map.of(), tested).problems());
    assertEquals(
        List.of(
            "[ATest.waits] names H1, which is not listed",
            "a reason is given for H2, which is not listed"),
        new Catalogue(List.of(), Map.of("H2", "because"), tested).problems());
    assertTrue(
        new Catalogue(List.of(row), Map.of(), tested).document().contains("\n## Status\n| id |"));
  }
}
