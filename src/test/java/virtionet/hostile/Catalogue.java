package virtionet.hostile;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import virtionet.conformance.matrix.Csv;
import virtionet.testing.Misbehaviour;

/** What devices do that they must not, and which test has the driver meet it. */
final class Catalogue {

  /**
   * A misbehaviour.
   *
   * @param device what it does
   * @param driver what the driver makes of it
   */
  record Row(String id, String subject, String device, String driver) {}

  private final List<Row> rows;
  private final Map<String, String> reasons;
  private final Map<String, List<String>> tests;

  /**
   * @param reasons by id: why there is no test
   * @param tests by id: their names
   */
  Catalogue(List<Row> rows, Map<String, String> reasons, Map<String, List<String>> tests) {
    this.rows = rows;
    this.reasons = reasons;
    this.tests = tests;
  }

  /** The tables of the repository, and the tests on the class path. */
  static Catalogue read() {
    List<Row> rows =
        Csv.resource("misbehaviours.csv").stream()
            .map(row -> new Row(row.get(0), row.get(1), row.get(2), row.get(3)))
            .toList();
    Map<String, String> reasons = new TreeMap<>();
    for (List<String> row : Csv.resource("misbehaviour-reasons.csv")) {
      reasons.put(row.get(0), row.get(1));
    }
    return new Catalogue(rows, reasons, findTests());
  }

  private static Map<String, List<String>> findTests() {
    Map<String, List<String>> found = new TreeMap<>();
    Path root = root();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(path -> path.toString().endsWith("Test.class")).toList()) {
        String name = root.relativize(file).toString().replace('/', '.');
        Class<?> type =
            Class.forName(
                name.substring(0, name.length() - ".class".length()),
                false,
                Catalogue.class.getClassLoader());
        for (Method method : type.getDeclaredMethods()) {
          Misbehaviour misbehaviour = method.getAnnotation(Misbehaviour.class);
          if (misbehaviour != null) {
            String test = type.getSimpleName() + "." + method.getName();
            for (String id : misbehaviour.value()) {
              found.computeIfAbsent(id, key -> new ArrayList<>()).add(test);
            }
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("a test's class cannot be loaded", e);
    }
    found.values().forEach(names -> names.sort(String::compareTo));
    return found;
  }

  /** Where the tests' classes lie. */
  private static Path root() {
    try {
      URI here =
          Objects.requireNonNull(Catalogue.class.getProtectionDomain().getCodeSource())
              .getLocation()
              .toURI();
      return Path.of(here);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What is wrong with it; none in a sound repository. */
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    Map<String, Row> known = new LinkedHashMap<>();
    for (Row row : rows) {
      if (known.put(row.id(), row) != null) {
        problems.add(row.id() + " is listed twice");
      }
      if (!tests.containsKey(row.id()) && !reasons.containsKey(row.id())) {
        problems.add(
            "%s has neither a test nor a reason: the device %s".formatted(row.id(), row.device()));
      }
    }
    tests.forEach(
        (id, names) -> {
          if (!known.containsKey(id)) {
            problems.add("%s names %s, which is not listed".formatted(names, id));
          }
        });
    reasons.keySet().stream()
        .filter(id -> !known.containsKey(id))
        .map("a reason is given for %s, which is not listed"::formatted)
        .forEach(problems::add);
    return problems;
  }

  /** The document: the same for the same tests. */
  String document() {
    Map<String, List<Row>> subjects =
        rows.stream()
            .collect(Collectors.groupingBy(Row::subject, LinkedHashMap::new, Collectors.toList()));
    var text = new StringBuilder();
    text.append(
        """
        # Hostile devices
        A device is not trusted. What it writes is read once, checked, and then used; what the driver needs to know of its
        own rings it keeps for itself; each wait has a bound. The reaction follows the blame: a bad frame is dropped and counted,
        a ring that cannot be believed ends in a reset of the device, after which the clients' streams go on
        ([architecture](architecture.md)), and a device that cannot be brought up is refused with the reason. Memory that a
        device may still write to is not used again before it has confirmed a reset.

        A reset and a storm of interrupts are told by an event, a counter and a line of the log; a device that is refused by a line, and by
        the answer to whoever asks. A frame that is dropped has
        a counter for its reason, and neither event nor line: a device could flood a client and a log with them.

        Each row is a misbehaviour, and the tests, marked `@Misbehaviour`, that have the driver meet it; those in
        `virtionet.hostile` bear its number in their names. `CatalogueTest` fails when a row has neither a test nor a reason
        (`src/test/resources/virtionet/misbehaviour-reasons.csv`), and when this file is not what follows from the tests; it then
        leaves the right one in `target/hostile-devices.md`, to be copied here.
        """);
    subjects.forEach(
        (subject, of) -> {
          text.append("\n## ").append(subject).append('\n');
          text.append("| id | the device | the driver | tests, or why there is none |\n");
          text.append("|---|---|---|---|\n");
          of.forEach(row -> text.append(line(row)));
        });
    return text.toString();
  }

  private String line(Row row) {
    Stream<String> names =
        tests.getOrDefault(row.id(), List.of()).stream().map(name -> "`" + name + "`");
    Stream<String> reason = Stream.ofNullable(reasons.get(row.id()));
    String by = Stream.concat(names, reason).collect(Collectors.joining("; "));
    return "| %s | %s | %s | %s |\n"
        .formatted(row.id(), escaped(row.device()), escaped(row.driver()), by);
  }

  private static String escaped(String text) {
    return text.replace("_", "\\_");
  }
}
