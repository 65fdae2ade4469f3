package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The command line in a JVM of its own, as the launcher starts it; killed when closed. */
final class ChildCli implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final List<String> FLAGS =
      List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");

  private final Process process;
  private final Output out;
  private final Output err;

  private ChildCli(Process process) {
    this.process = process;
    out = new Output(process.inputReader(StandardCharsets.UTF_8));
    err = new Output(process.errorReader(StandardCharsets.UTF_8));
  }

  /** Starts it where this QEMU is found first. */
  static ChildCli start(QemuWitness qemu, List<String> jvmFlags, String words) throws IOException {
    return start(qemu, Path.of(""), jvmFlags, List.of(words.split(" ")));
  }

  /** Starts it in this folder. */
  static ChildCli start(QemuWitness qemu, Path folder, List<String> jvmFlags, List<String> words)
      throws IOException {
    List<String> command = new ArrayList<>();
    // A build that runs in the background may have SIGINT ignored, and would pass that on.
    command.addAll(List.of("env", "--default-signal=INT"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(FLAGS);
    command.addAll(jvmFlags);
    command.addAll(List.of("-cp", classPath(), Main.class.getName()));
    command.addAll(words);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(folder.toAbsolutePath().toFile());
    builder.environment().put("PATH", qemu.path());
    // The JVM would say on standard error that it has picked them up.
    builder.environment().remove("JDK_JAVA_OPTIONS");
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    return new ChildCli(builder.start());
  }

  static ChildCli start(QemuWitness qemu, String words) throws IOException {
    return start(qemu, List.of(), words);
  }

  /** What a shell is told to run these words. */
  static String command(String words) {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return "%s %s -cp '%s' %s %s"
        .formatted(java, String.join(" ", FLAGS), classPath(), Main.class.getName(), words);
  }

  /** That of this JVM without the tests' own classes and settings. */
  private static String classPath() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> !entry.endsWith("test-classes") && !entry.endsWith("test-classes/"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** Waits until a line of the output contains this. */
  void awaitOutput(String part) throws InterruptedException {
    out.await(part);
  }

  /** Waits until it has said something, on either output. */
  void awaitAny() throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (lines().isEmpty() && errors().isEmpty()) {
      assertTrue(System.nanoTime() < deadline && process.isAlive(), () -> "says nothing: " + this);
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  /** Sends a signal such as {@code INT}. */
  void signal(String name) throws IOException, InterruptedException {
    run("/bin/sh", "-c", "kill -" + name + " " + process.pid());
  }

  /** Has the JDK's own tool tell its JVM this. */
  void jcmd(String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString());
    command.add(Long.toString(process.pid()));
    command.addAll(List.of(words));
    assertEquals(0, run(command.toArray(String[]::new)), "jcmd fails");
  }

  private static int run(String... command) throws IOException, InterruptedException {
    Process tool =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertTrue(tool.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS), command[0] + " does not end");
    return tool.exitValue();
  }

  /** Waits for the end. What it ended with. */
  int exitCode() throws InterruptedException {
    assertTrue(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS), () -> "runs on: " + this);
    out.join();
    err.join();
    return process.exitValue();
  }

  List<String> lines() {
    return out.lines();
  }

  List<String> errors() {
    return err.lines();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  @Override
  public String toString() {
    return String.join("\n", lines()) + "\nstandard error:\n" + String.join("\n", errors());
  }

  /** The lines that came so far. */
  private static final class Output {
    private final List<String> lines = new ArrayList<>();
    private final Thread thread;

    Output(BufferedReader reader) {
      thread = Thread.ofPlatform().daemon().start(() -> read(reader));
    }

    private void read(BufferedReader reader) {
      try (reader) {
        for (String line; (line = reader.readLine()) != null; ) {
          add(line);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private synchronized void add(String line) {
      lines.add(line);
      notifyAll();
    }

    synchronized List<String> lines() {
      return List.copyOf(lines);
    }

    synchronized void await(String part) throws InterruptedException {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (lines.stream().noneMatch(line -> line.contains(part))) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0 || !thread.isAlive()) {
          fail("no '" + part + "' in: " + String.join("\n", lines));
        }
        wait(Math.min(left, 1000));
      }
    }

    void join() throws InterruptedException {
      assertTrue(thread.join(PATIENCE), "its output does not end");
    }
  }
}
