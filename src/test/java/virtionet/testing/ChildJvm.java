package virtionet.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A program in a JVM of its own, until it is told to end. */
public final class ChildJvm implements AutoCloseable {
  /** What a JVM says of an end by SIGTERM. */
  private static final int TERMINATED = 128 + 15;

  private final Process process;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final List<String> said = Collections.synchronizedList(new ArrayList<>());
  private boolean ended;

  private ChildJvm(Process process) {
    this.process = process;
    Thread.ofVirtual().start(this::read);
  }

  /**
   * Starts it on the tests' own classes.
   *
   * @param settings system properties, as {@code name=value}
   */
  public static ChildJvm start(Class<?> program, List<String> settings, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.add("-Xmx512m");
    settings.forEach(setting -> command.add("-D" + setting));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    // What these make a JVM print is none of the program's lines.
    builder.environment().keySet().removeAll(Set.of("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS"));
    return new ChildJvm(builder.start());
  }

  private void read() {
    try (BufferedReader reader = process.inputReader()) {
      reader
          .lines()
          .forEach(
              line -> {
                said.add(line);
                lines.add(line);
              });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What it prints next, on either stream; a JVM's start is waited for as well. */
  public String line() throws InterruptedException {
    String line = lines.poll(2 * Patience.SECONDS, TimeUnit.SECONDS);
    assertNotNull(line, () -> "it printed nothing more than " + said);
    return line;
  }

  /** Whether it has printed what was not looked at yet. */
  public boolean hasPrinted() {
    return !lines.isEmpty();
  }

  /** Ends it as the system does that has no memory left: it can do nothing more. */
  public void kill() {
    ended = true;
    process.toHandle().destroyForcibly();
    Patience.until("it is gone", () -> !process.isAlive());
  }

  /** Waits until it has ended by itself, and well. */
  public void awaitEnd() {
    ended = true;
    Patience.until("it has ended", () -> !process.isAlive());
    assertEquals(0, process.exitValue(), () -> "how it ended; it said: " + said);
  }

  /** Ends it as a terminal or a service manager does; it takes its children with it. */
  @Override
  public void close() {
    try (Stream<ProcessHandle> descendants = process.descendants()) {
      List<ProcessHandle> children = descendants.toList();
      process.toHandle().destroy(); // and read on what it says
      Patience.until("it has ended", () -> !process.isAlive());
      if (!ended) {
        assertEquals(TERMINATED, process.exitValue(), () -> "how it ended; it said: " + said);
      }
      children.forEach(child -> Patience.until(child + " is gone", () -> !child.isAlive()));
    } finally {
      process.destroyForcibly();
    }
  }
}
