package virtionet;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import java.io.File;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import virtionet.conformance.matrix.Csv;

/** Each setting of {@code reference.conf}: its default, what it takes, and what it means. */
final class SettingsTable {
  private static final Comparator<Map.Entry<String, ConfigValue>> AS_IN_THE_FILE =
      Comparator.comparingInt(entry -> entry.getValue().origin().lineNumber());

  /** Akka's, which explains them. */
  private static final List<String> DISPATCHERS = List.of("driver-dispatcher", "event-loop");

  /**
   * What a setting takes.
   *
   * @param words for people
   * @param accepted values that are taken, those at the bounds among them
   * @param refused values that are not
   */
  record Takes(String words, List<String> accepted, List<String> refused) {}

  private final ConfigObject reference;
  private final Map<String, Takes> takes = new LinkedHashMap<>();
  private final StringBuilder text = new StringBuilder();
  private String explained = "";

  SettingsTable() {
    File file = new File("src/main/resources/reference.conf");
    reference = ConfigFactory.parseFile(file).getConfig("virtionet").root();
    for (List<String> row : Csv.resource("settings.csv")) {
      takes.put(row.get(0), new Takes(row.get(1), values(row.get(2)), values(row.get(3))));
    }
  }

  private static List<String> values(String field) {
    return Stream.of(field.split(";")).map(String::strip).filter(one -> !one.isEmpty()).toList();
  }

  /** By the setting's name below {@code virtionet}. */
  Map<String, Takes> takes() {
    return takes;
  }

  /** The names of the settings, but for those that are Akka's. */
  List<String> settings() {
    Config config = reference.toConfig();
    return config.entrySet().stream()
        .map(Map.Entry::getKey)
        .filter(key -> DISPATCHERS.stream().noneMatch(of -> key.startsWith(of + ".")))
        .sorted()
        .toList();
  }

  /** The document: the same for the same files. */
  String document() {
    text.setLength(0);
    text.append(
        """
        # Configuration
        Every setting below `virtionet`, as [reference.conf](../src/main/resources/reference.conf) has it; this page is made from
        that file. An application says others in its own `application.conf`:

        ```
        virtionet {
          clients = broadcast
          recovery.max-restarts = 20
        }
        ```

        or as a system property (`-Dvirtionet.paranoid=on`), which the command line takes as well
        (`JDK_JAVA_OPTIONS=-Dvirtionet.busy-poll=100us ./virtionet demo`); or it is started with one of the ready files of
        [conf](../conf): `-Dconfig.file=conf/linux.conf`. The settings are read when the driver starts. A setting that is not
        listed here is refused, and the nearest one named; so is a value out of its range. Durations are written `250 ms`, `1 s`, `1 minute`;
        sizes `64 MiB`, or plain bytes.

        `ConfigurationDocumentTest` fails when this page is not what follows from `reference.conf` and
        `src/test/resources/virtionet/settings.csv`, and leaves the right one in `target/configuration.md`, to be copied here. It also
        tries the values at and beyond each bound.
        """);
    section("virtionet", "", reference);
    return text.toString();
  }

  private void section(String title, String prefix, ConfigObject section) {
    text.append("\n## `").append(title).append("`\n");
    List<String> comments = section.origin().comments();
    if (!prefix.isEmpty() && !comments.isEmpty()) {
      text.append(prose(comments)).append("\n\n");
    }
    text.append("| setting | default | takes | meaning |\n|---|---|---|---|\n");
    List<Map.Entry<String, ConfigValue>> below = new ArrayList<>();
    section.entrySet().stream()
        .sorted(AS_IN_THE_FILE)
        .forEach(
            entry -> {
              if (!(entry.getValue() instanceof ConfigObject)) {
                row(entry.getKey(), prefix + entry.getKey(), entry.getValue());
              } else if (!DISPATCHERS.contains(entry.getKey())) {
                below.add(entry);
              }
            });
    if (prefix.isEmpty()) {
      for (String dispatcher : DISPATCHERS) {
        text.append(
            "| `%s` | see [reference.conf](../src/main/resources/reference.conf) | what Akka takes of a dispatcher | A dispatcher to be named above. |\n"
                .formatted(dispatcher));
      }
    }
    for (var entry : below) {
      String path = prefix + entry.getKey();
      section("virtionet." + path, path + ".", (ConfigObject) entry.getValue());
    }
  }

  private void row(String name, String path, ConfigValue value) {
    List<String> comments = value.origin().comments();
    String meaning = comments.isEmpty() ? "As `" + explained + "`." : prose(comments);
    if (!comments.isEmpty()) {
      explained = name;
    }
    Takes setting = takes.get(path);
    text.append(
        "| `%s` | `%s` | %s | %s |\n"
            .formatted(name, shown(value), setting == null ? "?" : setting.words(), meaning));
  }

  private static String shown(ConfigValue value) {
    return switch (value.valueType()) {
      case STRING -> value.unwrapped().equals("") ? "\"\"" : value.unwrapped().toString();
      default -> value.render(ConfigRenderOptions.concise());
    };
  }

  /** Each word of a choice that the comment explains gets a line of its own. */
  private static String prose(List<String> comments) {
    return comments.stream()
        .map(String::strip)
        .map(line -> line.matches("\"[a-z0-9-]+\": .*") ? "<br>" + line : line)
        .collect(Collectors.joining(" "))
        .replaceAll("^<br>| (?=<br>)", "")
        .replaceAll("\"([A-Za-z0-9_-]+)\"", "`$1`")
        .replaceAll("docs/([a-z-]+\\.md)", "[$1]($1)");
  }
}
