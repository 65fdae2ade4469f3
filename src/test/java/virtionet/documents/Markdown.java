package virtionet.documents;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A document of this repository, in Markdown as GitHub takes it. */
public final class Markdown {
  private static final Set<String> NOT_OURS = Set.of("target", ".git");
  private static final Pattern FENCE = Pattern.compile("^ {0,3}```(\\S*)\\s*$");
  private static final Pattern HEADING = Pattern.compile("^#{1,6} +(.*?) *#* *$");
  private static final Pattern LINK =
      Pattern.compile("\\[[^\\[\\]]*]\\(([^()\\s]+)\\)|\\[[^\\[\\]]*]\\(\\)");
  private static final Pattern INLINE_CODE = Pattern.compile("`([^`\n]+)`");
  private static final Pattern NO_ANCHOR = Pattern.compile("[^\\p{L}\\p{N} _-]");
  private static final Pattern INDENTED = Pattern.compile("^(?: {4}|\t)\\S.*");

  private final Path path;

  /** Lines outside of fenced code. */
  private final List<String> prose = new ArrayList<>();

  private final List<Code> blocks = new ArrayList<>();

  /**
   * A block of code.
   *
   * @param language as the fence names it; empty: not named, or indented
   */
  public record Code(String language, List<String> lines) {}

  private Markdown(Path path, List<String> lines) {
    this.path = path;
    List<String> open = new ArrayList<>();
    String language = null;
    boolean blank = true;
    for (String line : lines) {
      Matcher fence = FENCE.matcher(line);
      if (language == null && fence.matches()) {
        language = fence.group(1);
      } else if (language != null && line.strip().equals("```")) {
        blocks.add(new Code(language, List.copyOf(open)));
        open.clear();
        language = null;
      } else if (language != null) {
        open.add(line);
      } else if (INDENTED.matcher(line).matches() && blank) {
        blocks.add(new Code("", List.of(line.strip())));
      } else {
        prose.add(line);
        blank = line.isBlank();
      }
    }
    if (language != null) {
      throw new IllegalArgumentException(path + " ends within a block of code");
    }
  }

  /** Reads one. */
  public static Markdown read(Path path) {
    try {
      return new Markdown(path, Files.readAllLines(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All documents of the repository that is in the current folder. */
  public static List<Markdown> all() {
    Path root = Path.of("");
    List<Markdown> found = new ArrayList<>();
    try (Stream<Path> top = Files.list(root)) {
      for (Path entry : top.filter(path -> !NOT_OURS.contains(path.toString())).sorted().toList()) {
        try (Stream<Path> files = Files.walk(entry)) {
          files
              .filter(file -> file.toString().endsWith(".md"))
              .sorted()
              .forEach(file -> found.add(read(file)));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  public Path path() {
    return path;
  }

  /** The code between fences, and each indented line. */
  public List<Code> blocks() {
    return blocks;
  }

  /** What stands between single backticks. */
  public List<String> inlineCode() {
    return INLINE_CODE
        .matcher(String.join("\n", prose))
        .results()
        .map(result -> result.group(1))
        .toList();
  }

  /** Where its links lead, as they are written. */
  public List<String> links() {
    String text = INLINE_CODE.matcher(String.join("\n", prose)).replaceAll("code");
    return LINK.matcher(text)
        .results()
        .map(result -> result.group(1) == null ? "" : result.group(1))
        .toList();
  }

  /** What a link to one of its headings may name after the {@code #}. */
  public Set<String> anchors() {
    Set<String> anchors = new LinkedHashSet<>();
    Map<String, Integer> seen = new HashMap<>();
    for (String line : prose) {
      Matcher heading = HEADING.matcher(line);
      if (heading.matches()) {
        String text =
            heading.group(1).replaceAll("\\[([^\\]]*)]\\([^)]*\\)", "$1").replace("`", "");
        String anchor =
            NO_ANCHOR
                .matcher(text.strip().toLowerCase(Locale.ROOT))
                .replaceAll("")
                .replace(' ', '-');
        int before = seen.merge(anchor, 1, Integer::sum) - 1;
        anchors.add(before == 0 ? anchor : anchor + "-" + before);
      }
    }
    return anchors;
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
