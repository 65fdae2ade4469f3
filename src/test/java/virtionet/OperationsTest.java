package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import virtionet.net.Counter;

/** The page for whoever runs the driver tells of each counter what the driver itself says of it. */
class OperationsTest {
  private static final Path PAGE = Path.of("docs/operations.md");

  @Test
  void thePageTellsOfEachCounterAndOfNoOther() throws IOException {
    List<String> rows =
        Files.readAllLines(PAGE).stream()
            .dropWhile(line -> !line.startsWith("| counter | counts |"))
            .skip(2)
            .toList();
    List<String> expected = Stream.of(Counter.values()).map(OperationsTest::row).toList();
    assertEquals(expected, rows.stream().map(OperationsTest::withoutAdvice).toList());
  }

  private static String row(Counter counter) {
    return "| `%s` | %s | %s |"
        .formatted(
            counter.name(), counter.unit().name().toLowerCase(Locale.ROOT), counter.meaning());
  }

  private static String withoutAdvice(String row) {
    return row.replaceFirst(" [^|]*\\|$", "");
  }
}
