package virtionet.machine.linux;

import java.nio.file.Path;

/**
 * Where the system shows its devices and keeps what must outlive a process.
 *
 * @param root normally {@code /}; tests put a tree of their own there
 */
record LinuxPaths(Path root) {
  static final LinuxPaths SYSTEM = new LinuxPaths(Path.of("/"));

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
