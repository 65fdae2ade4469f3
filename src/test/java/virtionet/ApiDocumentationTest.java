package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who reads what a type is for finds an example there, or the way to one. */
class ApiDocumentationTest {
  private static final Path SOURCES = Path.of("src/main/java/virtionet");

  /** The packages that applications call. */
  private static final List<String> PACKAGES =
      List.of("", "stream", "flows", "observe/pcap", "tcpip");

  private static final Pattern TYPE =
      Pattern.compile(
          "(?sm)(/\\*\\*(?:(?!\\*/).)*\\*/)\\s*(?:^@.*?$\\s*)*"
              + "^public (?:\\w+ )*?(?:class|interface|record|enum) (\\w+)");

  private static final Pattern EXAMPLE =
      Pattern.compile("(?s)\\{@snippet |\\{@code [^}]{40,}\\([^}]*}");
  private static final Pattern LINK =
      Pattern.compile("@(?:see|link|linkplain)\\s+(?:[a-z]+\\.)*([A-Z]\\w*)");

  @Test
  void eachTypeForApplicationsHasAnExampleOrALinkToOne() throws IOException {
    Map<String, String> docs = docs();
    List<String> without =
        docs.entrySet().stream()
            .filter(type -> !hasExample(type.getValue()))
            .filter(
                type ->
                    links(type.getValue()).noneMatch(to -> hasExample(docs.getOrDefault(to, ""))))
            .map(Map.Entry::getKey)
            .toList();
    assertEquals(List.of(), without);
    assertTrue(docs.size() > 30, "few types were found");
  }

  private static boolean hasExample(String doc) {
    return EXAMPLE.matcher(doc).find();
  }

  private static Stream<String> links(String doc) {
    return LINK.matcher(doc).results().map((MatchResult link) -> link.group(1));
  }

  /** By name: what stands above each public type of those packages. */
  private static Map<String, String> docs() throws IOException {
    Map<String, String> docs = new TreeMap<>();
    for (String name : PACKAGES) {
      try (Stream<Path> files = Files.list(SOURCES.resolve(name))) {
        for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
          Matcher type = TYPE.matcher(Files.readString(file));
          if (type.find()) {
            docs.put(type.group(2), type.group(1));
          }
        }
      }
    }
    return docs;
  }
}
