package virtionet.guest;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A run of {@code qemu/guest}, which boots a guest, runs one command in it and ends with its exit
 * code. Output and errors are kept together, line by line.
 */
final class Guest implements AutoCloseable {
  /** For boot, JVM and command, emulated on a busy machine. */
  private static final Duration PATIENCE = Duration.ofMinutes(15);

  private final Process process;
  private final Consumer<String> listener;
  private final Thread reader;
  private final List<String> lines = new ArrayList<>();

  private Guest(Process process, Consumer<String> listener) {
    this.process = process;
    this.listener = listener;
    reader = Thread.ofVirtual().start(this::read);
  }

  /** What is left of a run: its exit code and what it said. */
  record Outcome(int code, List<String> lines) {
    String text() {
      return String.join("\n", lines);
    }

    String lastLine() {
      return lines.isEmpty() ? "" : lines.getLast();
    }
  }

  /**
   * Starts one.
   *
   * @param words of {@code qemu/guest}, such as {@code demo --legacy}
   */
  static Guest start(String... words) throws IOException {
    return start(line -> {}, words);
  }

  private static Guest start(Consumer<String> listener, String... words) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of("qemu/guest").toAbsolutePath().toString());
    command.addAll(List.of(words));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    return new Guest(builder.start(), listener);
  }

  /** Starts one and waits for its end. */
  static Outcome run(String... words) throws IOException {
    try (Guest guest = start(words)) {
      return guest.awaitEnd();
    }
  }

  /** The same, shown while it runs: for what takes minutes. */
  static Outcome runAloud(String... words) throws IOException {
    Guest guest = start(System.out::println, words);
    try {
      return guest.awaitEnd();
    } finally {
      guest.close();
    }
  }

  private void read() {
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line; (line = output.readLine()) != null; ) {
        listener.accept(line);
        synchronized (lines) {
          lines.add(line);
          lines.notifyAll();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until a line has this in it. */
  void awaitLine(String part) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    synchronized (lines) {
      while (lines.stream().noneMatch(line -> line.contains(part))) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0 || !reader.isAlive()) {
          fail("the guest did not say '%s':%n%s".formatted(part, String.join("\n", lines)));
        }
        try {
          lines.wait(Math.min(left, 1000));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          fail("interrupted", e);
        }
      }
    }
  }

  Outcome awaitEnd() {
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        fail("the guest does not end:\n" + said());
      }
      reader.join(PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      fail("interrupted", e);
    }
    return new Outcome(process.exitValue(), said().lines().toList());
  }

  String said() {
    synchronized (lines) {
      return String.join("\n", lines);
    }
  }

  /** Ends the script, and with it the guest, if it still runs. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
