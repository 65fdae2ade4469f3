package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import virtionet.cli.DocumentedCommands.Call;
import virtionet.devicetree.VirtioTree;
import virtionet.fuzz.Fuzz;

/** Each command that a document shows is one. {@link DocumentedRunsTest} runs them. */
class DocumentedCommandsTest {
  private static final Path BASH = Path.of("/bin/bash");

  @TempDir private Path folder;

  static List<Call> all() {
    return DocumentedCommands.all();
  }

  static Set<String> words() {
    Set<String> words = new TreeSet<>(CommandLines.own());
    all().stream().map(Call::word).filter(CommandLines.own()::contains).forEach(words::add);
    return words;
  }

  @Test
  void theDocumentsShowSome() {
    assertTrue(all().size() > 40, all()::toString);
  }

  @ParameterizedTest
  @MethodSource("all")
  void eachIsOne(Call call) throws Exception {
    CommandLines.check(call);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "./virtionet dmeo",
        "./virtionet demo --colour",
        "./virtionet demo --attach eth0",
        "./virtionet demo --machine vhost-user",
        "./virtionet attach eth1 demo --colour",
        "./virtionet guest dance",
        "./virtionet guest demo --rounds 5",
        "./virtionet fuzz --hours 2",
        "./virtionet jazzer --hours 2",
        "./virtionet jazzer nothing",
        "./virtionet stress --slow",
        "./virtionet test quickly",
        "./virtionet format all",
        "java -jar target/virtionet-0.1.0-cli.jar setup"
      })
  void whatIsNoneIsFound(String text) {
    Call call = DocumentedCommands.in("here", text).toList().getFirst();
    assertThrows(AssertionError.class, () -> CommandLines.check(call));
  }

  @ParameterizedTest
  @MethodSource("words")
  void itsHelpIsShown(String word) {
    InProcess help = InProcess.run(word, "--help");
    assertEquals(0, help.code(), help.errors());
    assertTrue(help.output().contains("Usage:"), help::output);
  }

  @Test
  void aDeviceTreeFileIsProbed() throws IOException {
    var tree = VirtioTree.slot(VirtioTree.tree(), 0x1000_8000, 8).end();
    Path file = Files.write(folder.resolve("machine.dtb"), tree.build());
    InProcess probe = InProcess.run("probe", "--dtb", file.toString());
    assertEquals(0, probe.code(), probe.errors());
    assertTrue(probe.output().contains("/virtio_mmio@10008000"), probe::output);
  }

  /** Whose words they are, and how those are looked at without being carried out. */
  private static final class CommandLines {
    private static final Set<String> BARE = Set.of("setup", "build", "format", "site");

    private CommandLines() {}

    static Set<String> own() {
      return Set.copyOf(Main.words(Main.commandLine(Failures.standard())));
    }

    static void check(Call call) throws Exception {
      List<String> words = call.words();
      List<String> rest = words.subList(1, words.size());
      if (own().contains(call.word()) || words.getFirst().startsWith("-")) {
        parse(words);
        return;
      }
      assertTrue(call.launcher(), () -> call + ": only the launcher could know this word");
      switch (call.word()) {
        case "guest" -> guest(rest);
        case "fuzz" -> parsed(Fuzz.commandLine(), rest);
        case "jmh" ->
            assertTrue(
                rest.equals(List.of("--quick"))
                    || rest.stream().allMatch(word -> word.matches("[A-Z]\\w*")),
                call::toString);
        case "stress" ->
            assertTrue(rest.isEmpty() || rest.equals(List.of("--quick")), call::toString);
        case "jazzer" -> jazzer(rest);
        case "test", "conformance" ->
            assertTrue(rest.stream().allMatch(word -> word.matches("-D\\w.*")), call::toString);
        default -> {
          assertTrue(BARE.contains(call.word()), () -> call + ": there is no such word");
          assertEquals(List.of(), rest, call::toString);
        }
      }
    }

    private static void parse(List<String> words) {
      ParseResult result = parsed(Main.commandLine(Failures.standard()), words);
      if (words.getFirst().equals("attach") && words.size() > 2) {
        List<String> line = new ArrayList<>(words.subList(2, words.size()));
        line.addAll(1, List.of("--machine", "linux", "--attach", words.get(1)));
        parse(line);
      }
      if (result.hasSubcommand()) {
        for (var mixin : result.subcommand().commandSpec().mixins().values()) {
          if (mixin.userObject() instanceof MachineMixin machine) {
            refused(words, machine::check);
          }
        }
      }
    }

    private static ParseResult parsed(CommandLine commandLine, List<String> words) {
      ParseResult[] result = new ParseResult[1];
      refused(words, () -> result[0] = commandLine.parseArgs(words.toArray(String[]::new)));
      return result[0];
    }

    private static void refused(List<String> words, Runnable parsing) {
      try {
        parsing.run();
      } catch (ParameterException e) {
        throw new AssertionError(String.join(" ", words) + ": " + e.getMessage(), e);
      }
    }

    /** Its options are read up to {@code --help}, which ends it. */
    private static void guest(List<String> words) throws Exception {
      assumeTrue(Files.isExecutable(BASH), "the launcher needs /bin/bash");
      int end = words.indexOf("--");
      List<String> line = new ArrayList<>(List.of(BASH.toString(), "qemu/guest"));
      line.addAll(end < 0 ? words : words.subList(0, end));
      if (!line.contains("--help")) {
        line.add("--help");
      }
      Process process =
          new ProcessBuilder(line)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      try {
        assertTrue(process.waitFor(120, TimeUnit.SECONDS), line::toString);
      } finally {
        process.destroyForcibly();
      }
      assertEquals(0, process.exitValue(), line::toString);
    }

    private static void jazzer(List<String> words) throws IOException {
      List<String> left = new ArrayList<>(words);
      int minutes = left.indexOf("--minutes");
      if (minutes >= 0) {
        assertTrue(left.remove(minutes + 1).matches("[1-9]\\d*"), words::toString);
        left.remove(minutes);
      }
      left.remove("--seeds");
      try (Stream<Path> files = Files.walk(Path.of("src/fuzz/java"))) {
        List<Path> sources = files.filter(file -> file.toString().endsWith("Fuzz.java")).toList();
        for (Path source : sources) {
          String text = Files.readString(source);
          left.removeIf(name -> text.contains("void " + name + "("));
        }
      }
      assertEquals(List.of(), left, words::toString);
    }
  }
}
