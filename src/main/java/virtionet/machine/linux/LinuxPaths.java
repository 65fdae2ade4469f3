package virtionet.machine.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Where the system shows its devices and keeps what must outlive a process.
 *
 * @param root normally {@code /}; tests put a tree of their own there
 * @param kernel acts on what is written below {@code /sys}; in tests, something that does as it
 */
record LinuxPaths(Path root, Kernel kernel) {

  /** Whoever acts on a write to a file that is none. */
  @FunctionalInterface
  interface Kernel {
    void write(Path file, String text) throws IOException;
  }

  LinuxPaths(Path root) {
    // Such a file is there or is not: none is ever made.
    this(root, (file, text) -> Files.writeString(file, text, StandardOpenOption.WRITE));
  }

  Path sys(String more) {
    return root.resolve("sys").resolve(more);
  }

  Path proc(String more) {
    return root.resolve("proc").resolve(more);
  }

  Path dev(String more) {
    return root.resolve("dev").resolve(more);
  }

  /** Notes of what this driver has taken; gone with the system's restart, as the devices' state. */
  Path notes() {
    return root.resolve("run/virtionet");
  }

  /** A place that the system names by its absolute path. */
  Path mount(String absolute) {
    return root.resolve(absolute.substring(1));
  }
}
