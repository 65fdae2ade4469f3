package virtionet.conformance.matrix;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Requirements, the tests that hold them, and reasons why some are held by none.
 *
 * @param reasons by the requirement's id
 */
record Matrix(List<Row> rows, List<HeldTest> tests, Map<String, String> reasons) {

  /** Tests by the id that they name, sorted. */
  Map<String, List<HeldTest>> byRequirement() {
    Map<String, List<HeldTest>> all = new TreeMap<>();
    Map<String, HeldTest> named =
        tests.stream()
            .collect(Collectors.toMap(HeldTest::name, test -> test, Matrix::worse, TreeMap::new));
    for (HeldTest test : named.values()) {
      for (String id : Set.copyOf(test.requirements())) {
        all.computeIfAbsent(id, key -> new ArrayList<>()).add(test);
      }
    }
    return all;
  }

  /** Requirements that a test holds: one that ran and passed. */
  private Set<String> held() {
    return byRequirement().entrySet().stream()
        .filter(
            entry -> entry.getValue().stream().anyMatch(test -> test.outcome() == Outcome.PASSED))
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  private static HeldTest worse(HeldTest one, HeldTest other) {
    return one.outcome().and(other.outcome()) == one.outcome() ? one : other;
  }

  /**
   * What must be mended.
   *
   * @param strictStages in which each MUST and MUST NOT needs a test: a reason does not replace it
   */
  List<String> problems(Collection<String> strictStages) {
    List<String> problems = new ArrayList<>();
    Set<String> stages = rows.stream().map(Row::stage).collect(Collectors.toSet());
    strictStages.stream()
        .filter(stage -> !stages.contains(stage))
        .map(stage -> "there is no stage '%s', only %s".formatted(stage, stages))
        .forEach(problems::add);
    Set<String> known = rows.stream().map(Row::id).collect(Collectors.toSet());
    for (HeldTest test : tests) {
      test.requirements().stream()
          .filter(id -> !known.contains(id))
          .map(id -> "%s names %s, which is no requirement".formatted(test.name(), id))
          .forEach(problems::add);
      if (test.outcome() == Outcome.FAILED) {
        problems.add(test.name() + " failed");
      }
    }
    reasons.keySet().stream()
        .filter(id -> !known.contains(id))
        .map(id -> "a reason is given for %s, which is no requirement".formatted(id))
        .forEach(problems::add);
    Set<String> held = held();
    rows.stream()
        .filter(Row::isMust)
        .filter(row -> strictStages.contains(row.stage()) && !held.contains(row.id()))
        .map(
            row ->
                "%s (%s, %s) is held by no test that ran and passed: %s"
                    .formatted(row.id(), row.level(), row.stage(), row.requirement()))
        .forEach(problems::add);
    return problems;
  }

  /** Rows that nobody answers for: neither a test that ran and passed nor a reason. */
  List<Row> open() {
    Set<String> held = held();
    return rows.stream()
        .filter(row -> !held.contains(row.id()) && !reasons.containsKey(row.id()))
        .toList();
  }

  /** One line: how many MUST rows are held. */
  String summary() {
    Set<String> held = held();
    List<Row> musts = rows.stream().filter(Row::isMust).toList();
    long heldMusts = musts.stream().filter(row -> held.contains(row.id())).count();
    long others = rows.stream().filter(row -> !row.isMust() && held.contains(row.id())).count();
    long skipped = tests.stream().filter(test -> test.outcome() == Outcome.SKIPPED).count();
    return "conformance: %d of %d MUST rows held by tests, and %d of %d others; %d tests, %d skipped"
        .formatted(
            heldMusts,
            musts.size(),
            others,
            rows.size() - musts.size(),
            tests.stream().map(HeldTest::name).distinct().count(),
            skipped);
  }

  /** The document: the same for the same tests and results. */
  String document() {
    Map<String, List<Row>> stages =
        rows.stream()
            .collect(Collectors.groupingBy(Row::stage, LinkedHashMap::new, Collectors.toList()));
    Set<String> held = held();
    Map<String, List<HeldTest>> named = byRequirement();
    var text = new StringBuilder();
    text.append(
        """
        # Conformance
        What VirtIO 1.3 asks of a driver, in our words, and the test that holds ours to it. `./virtionet conformance`, and
        each full run of the tests, writes this file; the tests name requirements by `@Requirement`, and the reasons stand in
        `src/test/resources/virtionet/requirement-reasons.csv`. A test that was skipped holds nothing.
        A MUST of any stage but `other` without a test fails the build. A reason beside a test says why the test shows that the
        case does not arise.

        | stage | MUST, MUST NOT | held | SHOULD, SHOULD NOT | held or reasoned | implied, MAY | held or reasoned |
        |---|---|---|---|---|---|---|
        """);
    stages.forEach(
        (stage, of) -> {
          List<Row> musts = of.stream().filter(Row::isMust).toList();
          List<Row> shoulds = of.stream().filter(Row::isShould).toList();
          List<Row> rest = of.stream().filter(row -> !row.isMust() && !row.isShould()).toList();
          text.append(
              "| %s | %d | %d | %d | %d | %d | %d |\n"
                  .formatted(
                      stage,
                      musts.size(),
                      musts.stream().filter(row -> held.contains(row.id())).count(),
                      shoulds.size(),
                      answered(shoulds, held),
                      rest.size(),
                      answered(rest, held)));
        });
    stages.forEach(
        (stage, of) -> {
          text.append("\n## ").append(stage).append('\n');
          text.append(
              "| id | section | level | requirement | tests, or why there is none | result |\n");
          text.append("|---|---|---|---|---|---|\n");
          of.forEach(row -> text.append(line(row, named.getOrDefault(row.id(), List.of()))));
        });
    return text.toString();
  }

  private long answered(List<Row> some, Set<String> held) {
    return some.stream()
        .filter(row -> held.contains(row.id()) || reasons.containsKey(row.id()))
        .count();
  }

  private String line(Row row, List<HeldTest> held) {
    Stream<String> names = held.stream().map(test -> "`" + test.shortName() + "`");
    Stream<String> reason = Stream.ofNullable(reasons.get(row.id()));
    String by = Stream.concat(names, reason).collect(Collectors.joining("; "));
    String results =
        held.stream()
            .map(test -> test.outcome().name().toLowerCase(Locale.ROOT))
            .distinct()
            .sorted()
            .collect(Collectors.joining(", "));
    return "| %s | %s | %s | %s | %s | %s |\n"
        .formatted(
            row.id(),
            section(row),
            row.level(),
            row.requirement().replace("|", "\\|").replace("_", "\\_").replace("<", "\\<"),
            by.isEmpty() ? "open" : by.replace("|", "\\|"),
            results);
  }

  /** Only its number: the names are long. */
  private static String section(Row row) {
    String name = row.section();
    int end = name.indexOf(' ');
    return "§" + (end < 0 ? name : name.substring(0, end));
  }
}
