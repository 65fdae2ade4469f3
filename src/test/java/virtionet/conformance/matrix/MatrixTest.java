package virtionet.conformance.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the matrix finds wrong, and what it writes. */
class MatrixTest {
  private static final Row MUST = new Row("A-1", "2.1 Status", "MUST", "Do a | b", "core");
  private static final Row MUST_NOT = new Row("A-2", "2.1 Status", "MUST NOT", "Do b", "other");
  private static final Row SHOULD = new Row("A-3", "2.1 Status", "SHOULD", "Do c", "core");
  private static final List<Row> ROWS = List.of(MUST, MUST_NOT, SHOULD);
  private static final HeldTest TEST = test("x.ATest#does", Outcome.PASSED, "A-1");

  private static HeldTest test(String name, Outcome outcome, String... ids) {
    return new HeldTest(name, outcome, List.of(ids));
  }

  @Test
  void aMustOfAStrictStageNeedsATestAndAReasonIsNone() {
    Map<String, String> reasons = Map.of("A-1", "because");
    var open = new Matrix(ROWS, List.of(), reasons);
    assertEquals(
        List.of("A-1 (MUST, core) is held by no test that ran and passed: Do a | b"),
        open.problems(List.of("core")));
    assertEquals(2, open.problems(List.of("core", "other")).size());
    assertEquals(List.of(), new Matrix(ROWS, List.of(TEST), reasons).problems(List.of("core")));
  }

  @ParameterizedTest
  @EnumSource(
      value = Outcome.class,
      names = {"SKIPPED", "FAILED"})
  void aTestThatWasSkippedOrFailedHoldsNothing(Outcome outcome) {
    var matrix = new Matrix(ROWS, List.of(test(TEST.name(), outcome, "A-1", "A-3")), Map.of());
    assertTrue(
        matrix
            .problems(List.of("core"))
            .contains("A-1 (MUST, core) is held by no test that ran and passed: Do a | b"));
    assertTrue(
        matrix.summary().startsWith("conformance: 0 of 2 MUST rows held by tests, and 0 of 1"),
        matrix::summary);
    assertTrue(matrix.document().contains("| core | 1 | 0 | 1 | 0 | 0 | 0 |"), matrix::document);
    assertEquals(ROWS, matrix.open());
  }

  @Test
  void whatDoesNotExistAndWhatFailedIsAProblem() {
    var stray = test("x.ATest#other", Outcome.FAILED, "A-9");
    var matrix = new Matrix(ROWS, List.of(TEST, stray), Map.of("A-8", "because"));
    assertEquals(
        List.of(
            "x.ATest#other names A-9, which is no requirement",
            "x.ATest#other failed",
            "a reason is given for A-8, which is no requirement"),
        matrix.problems(List.of("core")));
    assertEquals(4, matrix.problems(List.of("core", "cores")).size());
  }

  @Test
  void theDocumentNamesTestsReasonsAndWhatIsOpenWhateverTheOrderOfTheTests() {
    var skipped = test("x.y.BTest#skips", Outcome.SKIPPED, "A-1");
    var matrix = new Matrix(ROWS, List.of(TEST, skipped), Map.of("A-3", "no need"));
    String text = matrix.document();
    assertTrue(
        text.contains(
            "| A-1 | §2.1 | MUST | Do a \\| b | `ATest.does`; `BTest.skips` | passed, skipped |"),
        text);
    assertTrue(text.contains("| A-2 | §2.1 | MUST NOT | Do b | open |  |"), text);
    assertTrue(text.contains("| A-3 | §2.1 | SHOULD | Do c | no need |  |"), text);
    var reversed = new Matrix(ROWS, List.of(skipped, TEST), Map.of("A-3", "no need"));
    assertEquals(text, reversed.document());
    assertEquals(
        "conformance: 1 of 2 MUST rows held by tests, and 0 of 1 others; 2 tests, 1 skipped",
        matrix.summary());
    assertEquals(List.of(MUST_NOT), matrix.open());
  }

  @Test
  void ofSeveralRunsOfATestTheWorstCounts() {
    var failed = test(TEST.name(), Outcome.FAILED, "A-1");
    for (List<HeldTest> runs : List.of(List.of(TEST, failed), List.of(failed, TEST))) {
      String text = new Matrix(ROWS, runs, Map.of()).document();
      assertTrue(text.contains("`ATest.does` | failed |"), text);
    }
  }

  @Test
  void aTestIsReadAsItWasWritten() {
    var test = test("x.ATest#does", Outcome.SKIPPED, "A-1", "A-2");
    assertEquals(test, HeldTest.parse(test.line()));
  }

  @Test
  void theTablesInTheRepositoryAreSound() {
    var ids = new HashSet<String>();
    for (Row row : Row.all()) {
      assertTrue(ids.add(row.id()), row::id);
    }
    assertEquals(327, ids.size());
    assertTrue(ids.containsAll(Conformance.reasons().keySet()));
  }

  @Test
  void onlyFoldersThatBearTheTimeOfARunAreRemoved(@TempDir Path folder) throws IOException {
    for (String name : List.of("20261124-190000", "20261124-200000", "tools", "2026", "x-200000")) {
      Files.writeString(Files.createDirectory(folder.resolve(name)).resolve("1.tests"), "");
    }
    Conformance.deleteEarlier(folder.resolve("20261124-200000"));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(
          List.of("2026", "20261124-200000", "tools", "x-200000"),
          left.map(path -> String.valueOf(path.getFileName())).sorted().toList());
    }
  }

  @Test
  void quotedFieldsMayHoldCommasAndQuotes() {
    assertEquals(List.of(List.of("1", "a, \"b\"", "")), Csv.rows("x,y,z\n1,\"a, \"\"b\"\"\",\n"));
    assertThrows(IllegalArgumentException.class, () -> Csv.rows("x,y\n1\n"));
    assertThrows(IllegalArgumentException.class, () -> Csv.rows("x,y\n1,\"2\n"));
  }
}
