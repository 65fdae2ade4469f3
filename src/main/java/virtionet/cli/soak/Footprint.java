package virtionet.cli.soak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What this process takes, as Linux and the JVM say.
 *
 * @param heap bytes in use, after a collection
 * @param resident bytes of its own memory, heap and native
 * @param shared resident bytes of memory shared with QEMU
 * @param files open file descriptors
 * @param threads live ones
 */
record Footprint(long heap, long resident, long shared, int files, int threads) {
  private static final Path SELF = Path.of("/proc/self");

  /** Collects garbage first. */
  @SuppressWarnings("SystemGc") // what is left after one is what is asked for
  static Footprint take() {
    System.gc();
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    try (Stream<Path> open = Files.list(SELF.resolve("fd"))) {
      return new Footprint(
          heap,
          resident("RssAnon"),
          resident("RssShmem"),
          (int) open.count(),
          ManagementFactory.getThreadMXBean().getThreadCount());
    } catch (IOException e) {
      throw new UncheckedIOException("what this process takes", e);
    }
  }

  /** Of {@code /proc/self/status}, which says it in KiB. */
  private static long resident(String key) throws IOException {
    return Files.readAllLines(SELF.resolve("status")).stream()
        .filter(line -> line.startsWith(key + ":"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
        .findFirst()
        .orElse(0);
  }
}
