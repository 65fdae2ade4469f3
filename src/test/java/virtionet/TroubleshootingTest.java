package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each message that the page explains is one that somebody can meet. */
class TroubleshootingTest {
  private static final Path PAGE = Path.of("docs/troubleshooting.md");
  private static final Path SOURCES = Path.of("src/main/java");
  private static final List<Path> SCRIPTS =
      List.of(Path.of("virtionet"), Path.of("scripts/setup"), Path.of("qemu/guest"));

  /** The first cell of a row, where it is nothing but a message. */
  private static final Pattern MESSAGE = Pattern.compile("(?m)^\\| `([^`]+)` \\|");

  private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\\n]|\\\\.)*)\"");

  /** Two literals, or a literal, a value and a literal. */
  private static final Pattern JOINED = Pattern.compile("\"\\s*\\+\\s*\"");

  private static final Pattern JOINED_BY_VALUE =
      Pattern.compile("\"\\s*\\+\\s*[\\w.()]+\\s*\\+\\s*\"");

  private static final Pattern VALUE =
      Pattern.compile("%[-,0-9.#]*[sdxf]|\\{}|\\$\\{?\\w+(?:\\[\\*])?}?");

  @Test
  void eachMessageIsInTheSource() throws IOException {
    List<String> said = said();
    List<String> gone =
        messages().stream()
            .filter(message -> said.stream().noneMatch(line -> says(line, message)))
            .toList();
    assertEquals(List.of(), gone);
    assertTrue(messages().size() > 50, "too few messages are found on the page");
  }

  @Test
  void aMessageIsFoundInItsPiecesAndNoOtherOrder() {
    assertTrue(says("no room for … MiB in …", "no room for … MiB"));
    assertTrue(says("a … is gone", "… is gone"));
    assertFalse(says("MiB no room for …", "no room for … MiB"));
    assertFalse(says("no rooms for …", "no room for …"));
  }

  @Test
  void literalsAreJoinedAndTheirValuesLeftOut() {
    assertEquals(
        List.of("a of … bytes, whole", "port …: must be", "…"),
        literals("(\"a of %d bytes,\" + \" whole\", \"port \" + port + \": must be\", \"{}\")"));
  }

  private static List<String> messages() throws IOException {
    return MESSAGE
        .matcher(Files.readString(PAGE))
        .results()
        .map(result -> result.group(1))
        .toList();
  }

  /** All that the driver, its commands and scripts can say. */
  private static List<String> said() throws IOException {
    List<String> said = new ArrayList<>();
    try (Stream<Path> files = Files.walk(SOURCES)) {
      files
          .filter(file -> file.toString().endsWith(".java"))
          .forEach(file -> said.addAll(literals(text(file))));
    }
    SCRIPTS.forEach(
        script ->
            text(script)
                .lines()
                .map(line -> VALUE.matcher(line).replaceAll("…"))
                .forEach(said::add));
    return said;
  }

  private static List<String> literals(String source) {
    String joined = JOINED_BY_VALUE.matcher(JOINED.matcher(source).replaceAll("")).replaceAll("…");
    return LITERAL
        .matcher(joined)
        .results()
        .map(result -> VALUE.matcher(result.group(1)).replaceAll("…"))
        .toList();
  }

  private static boolean says(String line, String message) {
    String[] pieces = message.split("…", -1);
    int from = 0;
    for (String piece : pieces) {
      int at = line.indexOf(piece, from);
      if (at < 0) {
        return false;
      }
      from = at + piece.length();
    }
    return true;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
