package virtionet.cli.bench.dpdk;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import virtionet.machine.MachineUnavailableException;

/** What of the system a run needs, and short calls of it. */
final class Tools {
  static final String TESTPMD = "dpdk-testpmd";
  private static final long PATIENCE_SECONDS = 120;

  private Tools() {}

  /**
   * Looks whether all is there.
   *
   * @param path folders of programs, as in the environment
   * @throws MachineUnavailableException that names all that is missing, and what brings it
   */
  static void check(String path, boolean root, int processors) {
    List<String> missing = new ArrayList<>();
    Stream.of(
            TESTPMD + " (Debian: dpdk-dev)",
            "gcc (gcc)",
            "pkg-config (pkg-config)",
            "ip (iproute2)",
            "setsid (util-linux)",
            "taskset (util-linux)")
        .filter(program -> !isOn(path, program.substring(0, program.indexOf(' '))))
        .forEach(missing::add);
    if (!missing.isEmpty()) {
      throw new MachineUnavailableException(
          "bench needs %s: install these, or run ./virtionet setup"
              .formatted(String.join(", ", missing)));
    }
    if (!root) {
      throw new MachineUnavailableException(
          "bench needs root, for huge pages and network namespaces: run it with sudo");
    }
    if (processors < 2) {
      throw new MachineUnavailableException(
          "bench needs two processors, one for the device and one for the contender: allow it more"
              + " (taskset, the container's cpuset)");
    }
  }

  private static boolean isOn(String path, String program) {
    return Stream.of(path.split(":", -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  /** Whether this process may do all. */
  static boolean isRoot() {
    try {
      return Files.readString(Path.of("/proc/self/status")).contains("\nUid:\t0\t0\t");
    } catch (IOException e) {
      return false;
    }
  }

  /** Compiles the program of this name, which lies beside this class, into the folder. */
  static Path compile(String program, Path folder, String flags, List<String> libraries)
      throws IOException, InterruptedException {
    Path source = folder.resolve(program + ".c");
    try (InputStream in = Tools.class.getResourceAsStream(program + ".c")) {
      if (in == null) {
        throw new IllegalStateException("there is no " + program + ".c in the jar");
      }
      Files.copy(in, source);
    }
    Path binary = folder.resolve(program);
    List<String> words = new ArrayList<>(List.of("gcc"));
    words.addAll(List.of(flags.split(" ", -1)));
    words.addAll(List.of("-o", binary.toString(), source.toString()));
    words.addAll(libraries);
    run(words);
    return binary;
  }

  /** What the compiler is to be told of DPDK. */
  static List<String> dpdk() throws IOException, InterruptedException {
    try {
      return List.of(
          run(List.of("pkg-config", "--cflags", "--libs", "libdpdk")).strip().split("\\s+"));
    } catch (BenchException e) {
      throw new MachineUnavailableException(
          "the headers of DPDK are missing: install libdpdk-dev", e);
    }
  }

  /** Runs a program to its end; gives what it said. */
  static String run(List<String> words) throws IOException, InterruptedException {
    Path output = Files.createTempFile("virtionet-bench-", ".out");
    Process process =
        new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
      String said = Files.readString(output, StandardCharsets.UTF_8);
      if (!ended || process.exitValue() != 0) {
        throw new BenchException(
            "%s: %s".formatted(String.join(" ", words), ended ? said.strip() : "does not end"));
      }
      return said;
    } finally {
      process.destroyForcibly();
      Files.deleteIfExists(output);
    }
  }
}
