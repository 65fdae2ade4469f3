package virtionet.conformance.matrix;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads small tables of comma-separated values (RFC 4180, without line breaks in a field). */
public final class Csv {
  private Csv() {}

  /** The rows of a resource beside {@code virtionet/}, without its header. */
  public static List<List<String>> resource(String name) {
    try (InputStream stream = Csv.class.getResourceAsStream("/virtionet/" + name)) {
      if (stream == null) {
        throw new IllegalStateException("there is no /virtionet/" + name + " on the class path");
      }
      return rows(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<List<String>> rows(String text) {
    List<List<String>> rows = text.lines().filter(line -> !line.isBlank()).map(Csv::row).toList();
    int width = rows.getFirst().size();
    for (List<String> row : rows) {
      if (row.size() != width) {
        throw new IllegalArgumentException(
            "%d fields where the header has %d: %s".formatted(row.size(), width, row));
      }
    }
    return rows.subList(1, rows.size());
  }

  private static List<String> row(String line) {
    List<String> fields = new ArrayList<>();
    var field = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (quoted && c == '"' && i + 1 < line.length() && line.charAt(i + 1) == '"') {
        field.append(c);
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        fields.add(field.toString());
        field.setLength(0);
      } else {
        field.append(c);
      }
    }
    if (quoted) {
      throw new IllegalArgumentException("a quote that is not closed: " + line);
    }
    fields.add(field.toString());
    return List.copyOf(fields);
  }
}
