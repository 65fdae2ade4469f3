package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtionet.documents.Markdown;
import virtionet.net.Counter;

/** Holds the documents to what is there. */
class DocumentsTest {
  private static final Path ROOT = Path.of("").toAbsolutePath();
  private static final Path EXAMPLES = Path.of("src/test/java/virtionet/examples");

  private static final Pattern ELSEWHERE = Pattern.compile("[a-z]+:.*");
  private static final Pattern OUR_PATH =
      Pattern.compile("(?:conf|docs|qemu|scripts|src/(?:main|test|fuzz|stress))/[A-Za-z0-9_./-]+");
  private static final Pattern JAR = Pattern.compile("virtionet-([0-9][0-9.]*[0-9])-[a-z]+\\.jar");
  private static final Pattern JAVA_BLOCK = Pattern.compile("(?s)```java\n(.*?)```");
  private static final Pattern MARKED =
      Pattern.compile("(?s)// (?:README|docs/\\w+\\.md): from here\n(.*?)\n *// \\S+: to here");

  @Test
  void everyRelativeLinkLeadsToAFileAndToAHeadingOfIt() {
    List<String> broken = new ArrayList<>();
    int anchored = 0;
    for (Markdown document : Markdown.all()) {
      for (String link : document.links()) {
        if (!ELSEWHERE.matcher(link).matches()) {
          anchored += link.contains("#") ? 1 : 0;
          if (!leadsSomewhere(document, link)) {
            broken.add(document + " → " + link);
          }
        }
      }
    }
    assertEquals(List.of(), broken);
    assertTrue(anchored > 10, "few links were found: is " + ROOT + " the project's folder?");
  }

  private static boolean leadsSomewhere(Markdown document, String link) {
    int hash = link.indexOf('#');
    String file = hash < 0 ? link : link.substring(0, hash);
    Path target = file.isEmpty() ? document.path() : document.path().resolveSibling(file);
    if (link.isEmpty() || !Files.exists(target)) {
      return false;
    }
    boolean isDocument = file.isEmpty() || file.endsWith(".md");
    return hash < 0
        || (isDocument && Markdown.read(target).anchors().contains(link.substring(hash + 1)));
  }

  @Test
  void aPathThatIsNamedIsThere() {
    List<String> missing = new ArrayList<>();
    for (Markdown document : Markdown.all()) {
      for (String code : document.inlineCode()) {
        if (OUR_PATH.matcher(code).matches()
            && !Files.exists(Path.of(code))
            && !Files.exists(Path.of(code + ".java"))) {
          missing.add(document + ": " + code);
        }
      }
    }
    assertEquals(List.of(), missing);
  }

  @Test
  void theSiteHasAPlaceForEachDocument() throws IOException {
    String plan = Files.readString(Path.of("scripts/site/mkdocs.yml"));
    List<Path> forgotten =
        Markdown.all().stream()
            .map(Markdown::path)
            .filter(path -> path.getNameCount() == 1 || path.startsWith("docs"))
            .filter(path -> !plan.contains(": " + path + "\n"))
            .toList();
    assertEquals(List.of(), forgotten);
  }

  @Test
  void theVersionThatIsShownIsTheOneThatIsBuilt() throws IOException {
    String version =
        only(
            Pattern.compile("<artifactId>virtionet</artifactId>\\s*<version>([^<]+)<"),
            Path.of("pom.xml"));
    for (Markdown document : Markdown.all()) {
      JAR.matcher(Files.readString(document.path()))
          .results()
          .forEach(jar -> assertEquals(version, jar.group(1), document + ": " + jar.group()));
    }
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
