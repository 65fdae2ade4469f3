package virtionet.cli.bench.dpdk;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A program that is told things on its standard input and answers on its output. In a session of
 * its own, so that the scheduler weighs it as one against all else, and no key of the terminal
 * reaches it. Each wait has an end.
 */
final class Child implements AutoCloseable {
  private static final int AUTOGROUP_NICE = -15;
  private static final Duration SESSION = Duration.ofSeconds(2);
  private static final int MOST_SAID = 1 << 20;
  private static final long FAREWELL_SECONDS = 5;

  private final String name;
  private final Process process;
  private final StringBuilder said = new StringBuilder();
  private final boolean weighted;
  private int heard;
  private boolean ended;

  private Child(String name, Process process) {
    this.name = name;
    this.process = process;
    weighted = weigh(process.pid());
    Thread.ofPlatform().name("hears-" + name).daemon().start(this::hear);
  }

  /**
   * Starts it.
   *
   * @param name for people
   */
  static Child start(String name, List<String> words) {
    try {
      return new Child(name, new ProcessBuilder(words).redirectErrorStream(true).start());
    } catch (IOException e) {
      throw new BenchException("%s does not start: %s".formatted(name, e.getMessage()), e);
    }
  }

  /** Words that start what follows on these cores, in a session of its own. */
  static List<String> on(String cores) {
    return List.of("setsid", "taskset", "-c", cores);
  }

  /** Once it is in the session of its own: until then it has our weight, and would change that. */
  private static boolean weigh(long pid) {
    Path group = Path.of("/proc", Long.toString(pid), "autogroup");
    try {
      String ours = Files.readString(Path.of("/proc/self/autogroup"));
      long deadline = System.nanoTime() + SESSION.toNanos();
      while (Files.readString(group).equals(ours)) {
        if (System.nanoTime() > deadline) {
          return false;
        }
        Thread.onSpinWait();
      }
      Files.writeString(group, Integer.toString(AUTOGROUP_NICE));
      return true;
    } catch (IOException e) {
      // Without the right to, or with a kernel without autogroups: the measurement is but noisier.
      return false;
    }
  }

  /** Whether the scheduler was told to prefer it. */
  boolean isWeighted() {
    return weighted;
  }

  private void hear() {
    byte[] buffer = new byte[8192];
    try (InputStream in = process.getInputStream()) {
      for (int length; (length = in.read(buffer)) > 0; ) {
        String text = new String(buffer, 0, length, StandardCharsets.UTF_8);
        synchronized (this) {
          if (said.length() < MOST_SAID + heard) {
            said.append(text);
          }
          notifyAll();
        }
      }
    } catch (IOException e) {
      // As its end: whoever waits for more is told that there is none.
    }
    synchronized (this) {
      ended = true;
      notifyAll();
    }
  }

  /** Tells it something. */
  void tell(String line) {
    try {
      process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    } catch (IOException e) {
      throw new BenchException("%s has ended: %s".formatted(name, lastWords()), e);
    }
  }

  /** Waits for a piece of text, after what was waited for before, and skips it. */
  void await(String text, Duration patience) throws InterruptedException {
    await(
        text,
        patience,
        rest -> {
          int at = rest.indexOf(text);
          return at < 0 ? Optional.empty() : Optional.of(at + text.length());
        });
  }

  /** Waits for a whole line with this first word, or for one that says what went wrong. */
  synchronized String awaitLine(String word, Duration patience) throws InterruptedException {
    await(
        word,
        patience,
        rest -> {
          int begin = 0;
          for (int end; (end = rest.indexOf('\n', begin)) >= 0; begin = end + 1) {
            String line = rest.substring(begin, end);
            if (line.startsWith("error ")) {
              throw new BenchException("%s: %s".formatted(name, line));
            }
            if (line.equals(word) || line.startsWith(word + " ")) {
              return Optional.of(end + 1);
            }
          }
          return Optional.empty();
        });
    return said.substring(said.lastIndexOf("\n", heard - 2) + 1, heard - 1);
  }

  private synchronized void await(
      String what, Duration patience, Function<String, Optional<Integer>> look)
      throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      Optional<Integer> found = look.apply(said.substring(heard));
      if (found.isPresent()) {
        heard += found.get();
        return;
      }
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (ended || left <= 0) {
        throw new BenchException(
            "%s %s and has not said '%s': %s"
                .formatted(
                    name,
                    ended ? "has ended" : "was given %d s".formatted(patience.toSeconds()),
                    what,
                    lastWords()));
      }
      wait(left);
    }
  }

  private synchronized String lastWords() {
    List<String> lines = said.toString().lines().filter(line -> !line.isBlank()).toList();
    return String.join(" / ", lines.subList(Math.max(0, lines.size() - 4), lines.size()));
  }

  /** Processor time that it has had, all threads together. */
  Duration processorTime() {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
      // Behind the name, which may have blanks: fields 14 and 15 of proc(5), in ticks of 10 ms.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return Duration.ofMillis(10 * (Long.parseLong(fields[11]) + Long.parseLong(fields[12])));
    } catch (IOException e) {
      throw new BenchException("%s has ended: %s".formatted(name, lastWords()), e);
    }
  }

  /** Asks it to end, and ends it if it does not. */
  @Override
  public void close() {
    try {
      if (process.isAlive()) {
        process.getOutputStream().write("quit\n".getBytes(StandardCharsets.UTF_8));
      }
      process.getOutputStream().close();
    } catch (IOException e) {
      // It has ended already, which is what is wanted.
    }
    try {
      if (!process.waitFor(FAREWELL_SECONDS, TimeUnit.SECONDS)) {
        kill();
        process.waitFor(FAREWELL_SECONDS, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      kill();
      Thread.currentThread().interrupt();
    }
  }

  /** Ends it at once. */
  void kill() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
