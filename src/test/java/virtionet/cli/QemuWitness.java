package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import virtionet.machine.qemu.QemuArchitecture;

/**
 * Stands before each QEMU on the PATH and writes down which process becomes a machine, and where it
 * has its files.
 */
final class QemuWitness {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final long INTERVAL = Duration.ofMillis(20).toNanos();
  private static final Pattern ENTRY =
      Pattern.compile("(\\d+) (\\d+) .*mem-path=([^, ]+)/memory.*");

  private final Path folder;
  private final Path log;

  /** A QEMU, the shell that watches it, and the folder of both. */
  record Machine(long qemu, long shell, Path folder) {}

  QemuWitness(Path folder) throws IOException {
    this.folder = folder;
    log = Files.createFile(folder.resolve("machines"));
    for (QemuArchitecture architecture : QemuArchitecture.values()) {
      Path witness = folder.resolve(architecture.binary());
      Files.writeString(
          witness,
          """
          #!/bin/sh
          case "$*" in *mem-path=*) echo "$$ $PPID $*" >>'%s' ;; esac
          exec '%s' "$@"
          """
              .formatted(log, onPath(architecture)));
      Files.setPosixFilePermissions(witness, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  /** The architecture's QEMU, which {@code @RequiresQemu} has found. */
  static Path onPath(QemuArchitecture architecture) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .map(place -> Path.of(place, architecture.binary()))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow();
  }

  /** A PATH on which these witnesses come first. */
  String path() {
    return folder + File.pathSeparator + System.getenv("PATH");
  }

  /** The machine that was started. */
  Machine machine() throws IOException {
    List<Machine> machines = machines();
    assertTrue(machines.size() == 1, () -> "not one machine: " + machines);
    return machines.getFirst();
  }

  /** All machines that were started. */
  List<Machine> machines() throws IOException {
    return Files.readAllLines(log).stream().map(QemuWitness::machine).toList();
  }

  private static Machine machine(String line) {
    Matcher entry = ENTRY.matcher(line);
    assertTrue(entry.matches(), line);
    return new Machine(
        Long.parseLong(entry.group(1)), Long.parseLong(entry.group(2)), Path.of(entry.group(3)));
  }

  /** Waits until a machine was started. */
  void awaitMachine() throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (machines().isEmpty()) {
      assertTrue(System.nanoTime() < deadline, "no machine was started");
      LockSupport.parkNanos(INTERVAL);
    }
  }

  /** Waits until nothing is left of any machine that was started: no process and no file. */
  void awaitNothingLeft() throws IOException {
    List<Machine> machines = machines();
    assertFalse(machines.isEmpty(), "no machine was started");
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (machines.stream().anyMatch(QemuWitness::isLeft)) {
      assertTrue(System.nanoTime() < deadline, () -> "still there: " + machines);
      LockSupport.parkNanos(INTERVAL);
    }
  }

  private static boolean isLeft(Machine machine) {
    return runs(machine.qemu()) || runs(machine.shell()) || Files.exists(machine.folder());
  }

  private static boolean runs(long pid) {
    return ProcessHandle.of(pid).isPresent() && !isZombie(pid);
  }

  /** Whether only its entry is left, because nobody asks for the exit codes of orphans here. */
  private static boolean isZombie(long pid) {
    try (Stream<String> status = Files.lines(Path.of("/proc", Long.toString(pid), "status"))) {
      return status.anyMatch(line -> line.matches("State:\\s+Z.*"));
    } catch (IOException | UncheckedIOException e) {
      // It has just ended: asked again, it is not there.
      return false;
    }
  }
}
