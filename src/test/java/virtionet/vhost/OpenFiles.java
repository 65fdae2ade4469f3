package virtionet.vhost;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.function.Executable;
import virtionet.testing.Patience;

/**
 * What this process has open and mapped of the kinds that a vhost-user machine uses.
 *
 * @param descriptors each with its number and what it is
 * @param mappings of shared memory, each with its file
 */
record OpenFiles(Set<String> descriptors, Set<String> mappings) {

  static OpenFiles now() {
    try {
      return new OpenFiles(descriptorsNow(), mappingsNow());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Set<String> descriptorsNow() throws IOException {
    Set<String> found = new TreeSet<>();
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      for (Path file : files.toList()) {
        try {
          found.add(file.getFileName() + " " + Files.readSymbolicLink(file));
        } catch (NoSuchFileException e) {
          // That of the listing itself.
        }
      }
    }
    found.removeIf(line -> !line.matches(".*(eventfd|memfd|socket).*"));
    return found;
  }

  private static Set<String> mappingsNow() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines
          .filter(line -> line.contains("memfd:virtionet"))
          .collect(Collectors.toUnmodifiableSet());
    }
  }

  /** How many descriptors there are beyond those of that time. */
  long beyond(OpenFiles before) {
    return beyond(descriptors, before.descriptors);
  }

  private static long beyond(Set<String> now, Set<String> before) {
    return now.stream().filter(line -> !before.contains(line)).count();
  }

  /** The back-end of a test closes its own when it sees that the driver has gone. */
  void awaitNoMore() {
    Patience.until("no descriptor is left open", () -> now().beyond(this) == 0);
    assertEquals(0, beyond(now().mappings, mappings), "mappings");
  }

  /**
   * Does something and waits until nothing is left of it. Memory that somebody could look at is
   * unmapped when nobody can: what was done must leave no reference in the caller's frame.
   */
  static void noMoreAfter(Executable steps) throws Exception {
    OpenFiles before = now();
    try {
      steps.execute();
    } catch (Exception | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    Patience.until("no descriptor is left open", () -> now().beyond(before) == 0);
    Patience.until(
        "the memory is unmapped",
        () -> {
          System.gc();
          return beyond(now().mappings, before.mappings) == 0;
        });
  }
}
