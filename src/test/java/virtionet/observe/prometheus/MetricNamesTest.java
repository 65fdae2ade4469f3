package virtionet.observe.prometheus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import virtionet.net.Gauge;
import virtionet.net.Metric;

/** Documents, dashboard and code name the same metrics. */
class MetricNamesTest {
  private static final Path DOCUMENT = Path.of("docs/observe.md");
  private static final Path FRESH = Path.of("target/observe.md");
  private static final Path DASHBOARD = Path.of("conf/grafana-virtionet.json");
  private static final Pattern NAME = Pattern.compile("virtionet_\\w+");
  private static final Pattern LABELS = Pattern.compile("by \\(([^)]*)\\)|\\{\\{(\\w+)}}");

  @Test
  void theTableInTheDocumentIsThatOfTheCode() throws IOException {
    String document = Files.readString(DOCUMENT);
    String right = MetricsTable.corrected(document);
    if (!right.equals(document)) {
      Files.writeString(FRESH, right);
    }
    assertEquals(right, document, () -> "cp %s %s brings it up".formatted(FRESH, DOCUMENT));
  }

  @Test
  void theDocumentSaysOfEachWhatToDoWhenItMoves() throws IOException {
    Map<String, String> advice = MetricsTable.advice(Files.readString(DOCUMENT));
    List<String> without =
        Metric.all().stream()
            .map(metric -> PrometheusName.of(metric).toString())
            .filter(name -> advice.getOrDefault(name, "").isEmpty())
            .toList();
    assertEquals(List.of(), without);
  }

  @Test
  void aTableThatIsWrongIsPutRightAndKeepsTheAdvice() {
    String wrong =
        """
        Before.
        | metric | unit | what it says | when it moves |
        |---|---|---|---|
        | `virtionet_interrupts_total` | frames | nonsense | look |
        | `virtionet_gone` | frames | no more | look |
        After.
        """;
    String right = MetricsTable.corrected(wrong);
    assertTrue(right.startsWith("Before.\n| metric |"), right);
    assertTrue(right.endsWith("|\nAfter.\n"), right);
    assertTrue(
        right.contains(
            "\n"
                + "| `virtionet_interrupts_total` | events | interrupts: the line was raised |"
                + " look |\n"),
        right);
    assertFalse(right.contains("virtionet_gone"), right);
    assertEquals(right, MetricsTable.corrected(right));
  }

  @Test
  void eachMetricOfTheDashboardExistsWithTheLabelsThatItIsAskedFor() throws IOException {
    Set<String> names =
        Metric.all().stream()
            .map(metric -> PrometheusName.of(metric).sample())
            .collect(Collectors.toSet());
    Set<String> labels = new HashSet<>(Set.of("device", "reason"));
    for (Gauge gauge : Gauge.values()) {
      gauge.dimension().ifPresent(labels::add);
    }
    List<String> expressions = new ArrayList<>();
    List<String> legends = new ArrayList<>();
    collect(JSON.std.anyFrom(Files.readString(DASHBOARD)), expressions, legends);
    assertTrue(expressions.size() > 20, expressions::toString);
    Set<String> unknown = new TreeSet<>();
    for (String expression : expressions) {
      List<String> used = NAME.matcher(expression).results().map(name -> name.group()).toList();
      assertFalse(used.isEmpty(), expression);
      used.stream().filter(name -> !names.contains(name)).forEach(unknown::add);
    }
    for (String text : List.of(String.join(" ", expressions), String.join(" ", legends))) {
      LABELS
          .matcher(text)
          .results()
          .map(label -> label.group(1) == null ? label.group(2) : label.group(1))
          .flatMap(Pattern.compile(", *")::splitAsStream)
          .filter(label -> !labels.contains(label))
          .forEach(unknown::add);
    }
    assertEquals(Set.of(), unknown);
  }

  /** All that stands under these keys, however deep. */
  private static void collect(Object json, List<String> expressions, List<String> legends) {
    switch (json) {
      case Map<?, ?> map ->
          map.forEach(
              (key, value) -> {
                switch (value) {
                  case String text
                      when key.equals("expr") || (key.equals("query") && isQuery(text)) ->
                      expressions.add(text);
                  case String text when key.equals("legendFormat") -> legends.add(text);
                  case null -> {}
                  default -> collect(value, expressions, legends);
                }
              });
      case List<?> list -> list.forEach(value -> collect(value, expressions, legends));
      default -> {}
    }
  }

  private static boolean isQuery(String text) {
    return text.contains("(");
  }

  @Test
  void noTwoMetricsHaveOneName() {
    List<String> names =
        Metric.all().stream().map(metric -> PrometheusName.of(metric).toString()).toList();
    assertEquals(names.size(), new HashSet<>(names).size());
  }
}
