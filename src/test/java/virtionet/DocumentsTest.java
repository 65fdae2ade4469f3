package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtionet.net.Counter;

/** Holds the documents to what is there. */
class DocumentsTest {
  private static final Path ROOT = Path.of("").toAbsolutePath();
  private static final Path EXAMPLES = Path.of("src/test/java/virtionet/examples");

  /** {@code [text](target#place)}: the target, without the place. */
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)(?:#[^)]*)?\\)");

  private static final Pattern ELSEWHERE = Pattern.compile("[a-z]+:.*");
  private static final Pattern JAVA_BLOCK = Pattern.compile("(?s)```java\n(.*?)```");
  private static final Pattern MARKED =
      Pattern.compile("(?s)// (?:README|docs/\\w+\\.md): from here\n(.*?)\n *// \\S+: to here");

  @Test
  void everyRelativeLinkLeadsToAFile() throws IOException {
    List<String> broken = new ArrayList<>();
    int links = 0;
    for (Path document : documents()) {
      for (String target : links(document)) {
        links++;
        if (!Files.exists(document.resolveSibling(target))) {
          broken.add(ROOT.relativize(document) + " → " + target);
        }
      }
    }
    assertEquals(List.of(), broken);
    assertTrue(links > 0, "no links were found: is " + ROOT + " the project's folder?");
  }

  @ParameterizedTest
  @CsvSource({
    "README.md, WhoHas.java",
    "docs/testkit.md, MirrorOnModel.java EchoResponderWithJUnitTest.java",
    "docs/cluster.md, RemotePing.java",
    "docs/examples.md, FrameCounter.java EchoResponder.java LearningSwitch.java"
  })
  void anExampleIsTheCodeThatIsCompiledAndRun(String document, String examples) throws IOException {
    List<String> marked = new ArrayList<>();
    for (String example : examples.split(" ", -1)) {
      marked.add(only(MARKED, EXAMPLES.resolve(example)).stripIndent().strip());
    }
    List<String> shown = all(JAVA_BLOCK, Path.of(document)).stream().map(String::strip).toList();
    assertEquals(marked, shown);
  }

  @Test
  void theArchitectureNamesEachCounterOfADrop() throws IOException {
    String text = Files.readString(ROOT.resolve("docs/architecture.md"));
    List<String> unnamed =
        Stream.of(Counter.values())
            .filter(Counter::isDrop)
            .map(Counter::name)
            .filter(name -> !text.contains("`" + name + "`"))
            .toList();
    assertEquals(List.of(), unnamed);
  }

  private static List<Path> documents() throws IOException {
    Set<String> notOurs = Set.of("target", ".git");
    List<Path> documents = new ArrayList<>();
    try (Stream<Path> top = Files.list(ROOT)) {
      for (Path entry : top.filter(path -> !notOurs.contains(name(path))).toList()) {
        try (Stream<Path> files = Files.walk(entry)) {
          files.filter(file -> name(file).endsWith(".md")).forEach(documents::add);
        }
      }
    }
    return documents;
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  private static List<String> links(Path document) throws IOException {
    return LINK.matcher(Files.readString(document))
        .results()
        .map(link -> link.group(1))
        .filter(target -> !ELSEWHERE.matcher(target).matches())
        .toList();
  }

  private static String only(Pattern pattern, Path file) throws IOException {
    List<String> found = all(pattern, file);
    assertEquals(1, found.size(), "pieces of " + file + " that match " + pattern);
    return found.getFirst();
  }

  private static List<String> all(Pattern pattern, Path file) throws IOException {
    Matcher matcher = pattern.matcher(Files.readString(ROOT.resolve(file)));
    return matcher.results().map((MatchResult result) -> result.group(1)).toList();
  }
}
