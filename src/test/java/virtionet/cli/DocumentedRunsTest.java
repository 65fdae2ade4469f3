package virtionet.cli;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.cli.DocumentedCommands.Call;
import virtionet.testing.RequiresQemu;

/**
 * The commands of each document are run, one after the other in one folder, as its reader would.
 */
@RequiresQemu
class DocumentedRunsTest {
  private static final Set<String> HERE =
      Set.of("probe", "ping", "demo", "capture", "echo", "trace");

  /** Those of them that start no machine. */
  private static final Set<String> NO_MACHINE = Set.of("echo", "trace");

  /** What is too long, or needs another process or system beside it, by the tests that run it. */
  private static final Map<String, String> ELSEWHERE =
      Map.ofEntries(
          Map.entry("attach", "virtionet.guest.GuestWireIT"),
          Map.entry("bench", "virtionet.cli.BenchTest"),
          Map.entry("guest", "virtionet.guest.GuestLifeIT"),
          Map.entry("soak", "virtionet.cli.SoakTest"),
          Map.entry("top", "virtionet.cli.TopTest"),
          Map.entry("fuzz", "virtionet.fuzz.FuzzerTest"));

  /** Of the launcher: it runs what is behind them itself when it is to run all tests. */
  private static final Set<String> BY_THE_LAUNCHER =
      Set.of("build", "conformance", "format", "jazzer", "jmh", "setup", "site", "stress", "test");

  /** More datagrams or round trips show no more. */
  private static final int MOST = 1000;

  @TempDir private Path folder;

  private static boolean isRunHere(Call call) {
    List<String> words = call.words();
    return (HERE.contains(call.word()) || words.equals(List.of("--help")))
        && !words.contains("vhost-user") // VhostUserDemoTest
        && !words.contains("--dtb"); // DocumentedCommandsTest
  }

  static Map<String, List<Call>> pages() {
    return DocumentedCommands.all().stream()
        .filter(DocumentedRunsTest::isRunHere)
        .collect(groupingBy(Call::document, TreeMap::new, toList()));
  }

  static Set<String> documents() {
    return pages().keySet();
  }

  @Test
  void eachIsRunHereOrByAnotherTest() throws ClassNotFoundException {
    for (Call call : DocumentedCommands.all()) {
      String word = call.word();
      if (ELSEWHERE.containsKey(word)) {
        Class.forName(ELSEWHERE.get(word));
      } else {
        // A bare --help has no word.
        assertTrue(
            HERE.contains(word) || BY_THE_LAUNCHER.contains(word) || word.isEmpty(),
            call::toString);
      }
    }
    assertTrue(pages().values().stream().mapToInt(List::size).sum() > 15, () -> "" + pages());
  }

  @ParameterizedTest
  @MethodSource("documents")
  @Timeout(600)
  void whatAPageShowsRuns(String page) throws Exception {
    for (Call call : pages().getOrDefault(page, List.of())) {
      var qemu = new QemuWitness(Files.createTempDirectory(folder, "qemu"));
      try (var run = ChildCli.start(qemu, folder, List.of(), bounded(call.words()))) {
        boolean startsMachine =
            !call.words().contains("--help") && !NO_MACHINE.contains(call.word());
        int expected = 0;
        if (runsOn(call.words())) {
          run.awaitAny();
          if (startsMachine) {
            qemu.awaitMachine();
          }
          run.signal("INT");
          expected = 130;
        }
        assertEquals(expected, run.exitCode(), () -> call + "\n" + run);
        if (startsMachine) {
          qemu.awaitNothingLeft();
        }
      }
    }
  }

  private static boolean runsOn(List<String> words) {
    return !words.contains("--help")
        && (words.contains("echo") || (words.contains("capture") && !words.contains("-c")));
  }

  private static List<String> bounded(List<String> words) {
    List<String> bounded = new ArrayList<>(words);
    int count = words.indexOf("--count") + 1;
    if (count > 0 && Integer.parseInt(words.get(count)) > MOST) {
      bounded.set(count, Integer.toString(MOST));
    }
    return bounded;
  }
}
