package virtionet.conformance.matrix;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Writes the conformance matrix from what {@link TestRecorder} has recorded in a test run. */
public final class Conformance {

  private static final Pattern RUN = Pattern.compile("[0-9]{8}-[0-9]{6}");

  private Conformance() {}

  /**
   * Ends the JVM with 1 when a requirement that must be held by a test is held by none.
   *
   * @param arguments the folder of the results; the strict stages, parted by commas; the document
   */
  public static void main(String[] arguments) throws IOException {
    Path results = Path.of(arguments[0]);
    List<String> strictStages = List.of(arguments[1].split("\\s*,\\s*"));
    Path document = Path.of(arguments[2]);
    if (!Files.isDirectory(results)) {
      say("conformance: no tests were run; " + document.getFileName() + " stays as it is");
      return;
    }
    Path partial = results.resolve(TestRecorder.PARTIAL);
    if (Files.exists(partial)) {
      say(
          "conformance: only some tests were run (%s); %s stays as it is"
              .formatted(Files.readString(partial), document.getFileName()));
      return;
    }
    deleteEarlier(results);
    var matrix = new Matrix(Row.all(), read(results), reasons());
    List<String> problems = matrix.problems(strictStages);
    Files.writeString(document, matrix.document());
    say(matrix.summary());
    matrix.open().stream()
        .filter(row -> row.isShould() && strictStages.contains(row.stage()))
        .forEach(
            row ->
                say(
                    "conformance: %s has neither a test that ran and passed nor a reason"
                        .formatted(row.id())));
    if (!problems.isEmpty()) {
      problems.forEach(problem -> say("conformance: " + problem));
      say("conformance: %d problems; see %s".formatted(problems.size(), document));
      System.exit(1);
    }
  }

  @SuppressWarnings("SystemOut")
  private static void say(String line) {
    System.out.println(line);
  }

  /** Why a requirement has no test, or why its test is that the case does not arise. */
  static Map<String, String> reasons() {
    Map<String, String> reasons = new TreeMap<>();
    for (List<String> row : Csv.resource("requirement-reasons.csv")) {
      if (row.get(1).isBlank() || reasons.put(row.get(0), row.get(1)) != null) {
        throw new IllegalArgumentException(row.get(0) + ": no reason, or two");
      }
    }
    return reasons;
  }

  private static List<HeldTest> read(Path results) throws IOException {
    List<HeldTest> tests = new ArrayList<>();
    for (Path file : files(results)) {
      Files.readAllLines(file).stream().map(HeldTest::parse).forEach(tests::add);
    }
    return tests;
  }

  private static Collection<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  /** Of earlier runs: folders that bear the time of their start, and nothing else. */
  static void deleteEarlier(Path results) throws IOException {
    for (Path other : files(results.resolveSibling(""))) {
      boolean earlier = RUN.matcher(String.valueOf(other.getFileName())).matches();
      if (earlier && !other.getFileName().equals(results.getFileName())) {
        try (Stream<Path> below = Files.walk(other)) {
          for (Path file : below.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(file);
          }
        }
      }
    }
  }
}
