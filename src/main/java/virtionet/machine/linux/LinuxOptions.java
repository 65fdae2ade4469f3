package virtionet.machine.linux;

import java.nio.file.Path;
import java.util.List;

/**
 * What of a Linux system is to be driven.
 *
 * @param attach devices to take from the kernel at the start and to give back at the end: their
 *     names on the platform bus or those of their network interfaces; empty: only what is bound to
 *     UIO already
 * @param force whether an interface may be taken although it carries the default route
 * @param memory bytes of device memory, rounded up to huge pages
 * @param root where the system's own files are, {@code /} but in tests
 */
public record LinuxOptions(List<String> attach, boolean force, long memory, Path root) {
  private static final long SMALLEST_MEMORY = 1 << 20;

  public LinuxOptions {
    attach = List.copyOf(attach);
    if (memory < SMALLEST_MEMORY) {
      throw new IllegalArgumentException(
          "memory of %d bytes: must be at least %d".formatted(memory, SMALLEST_MEMORY));
    }
  }

  LinuxPaths paths() {
    return new LinuxPaths(root);
  }
}
