package virtionet.observe.prometheus;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import virtionet.net.Metric;

/**
 * The table of all metrics in docs/observe.md: what stands in the code, and by hand what to do when
 * one of them moves.
 */
final class MetricsTable {
  private static final String HEAD =
      """
      | metric | unit | what it says | when it moves |
      |---|---|---|---|
      """;
  private static final Pattern TABLE =
      Pattern.compile("(?m)^\\| metric \\| unit .*\\n\\|---.*\\n(?:\\|.*\\n)*");
  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| `(virtionet_[^`]+)` \\| [^|]* \\| [^|]* \\| ([^|]*) \\|$");

  private MetricsTable() {}

  /** By its name in Prometheus: what to do when it moves. */
  static Map<String, String> advice(String document) {
    Map<String, String> advice = new LinkedHashMap<>();
    ROW.matcher(document)
        .results()
        .forEach((MatchResult row) -> advice.put(row.group(1), row.group(2).strip()));
    return advice;
  }

  /** The document with the table as it should be; advice that nobody gave yet is left empty. */
  static String corrected(String document) {
    Map<String, String> advice = advice(document);
    var table = new StringBuilder(HEAD);
    for (Metric metric : Metric.all()) {
      String name = PrometheusName.of(metric).toString();
      table.append(
          "| `%s` | %s | %s: %s | %s |%n"
              .formatted(
                  name,
                  metric.unit().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                  metric.label(),
                  metric.meaning(),
                  advice.getOrDefault(name, "")));
    }
    Matcher matcher = TABLE.matcher(document);
    return matcher.find()
        ? matcher.replaceFirst(Matcher.quoteReplacement(table.toString()))
        : document + "\n" + table;
  }
}
