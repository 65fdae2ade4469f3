package virtionet.machine.qemu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import virtionet.machine.MachineUnavailableException;

/** A folder of one QEMU machine: its memory, its sockets, and what it is started from. */
record Workspace(Path folder) {
  private static final Path MEMORY_FILE_SYSTEM = Path.of("/dev/shm");

  /** Makes the folder, where its memory costs no disk if that can be had. */
  static Workspace create(long memory) {
    List<Path> places = List.of(MEMORY_FILE_SYSTEM, Path.of(System.getProperty("java.io.tmpdir")));
    for (Path place : places) {
      if (Files.isWritable(place) && hasRoom(place, memory)) {
        try {
          return new Workspace(Files.createTempDirectory(place, "virtionet-"));
        } catch (IOException e) {
          throw new MachineUnavailableException(
              "no folder for QEMU's memory can be made in " + place, e);
        }
      }
    }
    throw new MachineUnavailableException(
        "there is no room for %d MiB of QEMU's memory in any of %s"
            .formatted(memory >> 20, places));
  }

  private static boolean hasRoom(Path place, long memory) {
    try {
      return Files.getFileStore(place).getUsableSpace() >= memory;
    } catch (IOException e) {
      return false;
    }
  }

  Path memory() {
    return folder.resolve("memory");
  }

  Path idleCode() {
    return folder.resolve("idle");
  }

  Path deviceTree() {
    return folder.resolve("devicetree");
  }

  Path qtest() {
    return folder.resolve("qtest");
  }

  Path qmp() {
    return folder.resolve("qmp");
  }

  /** Deletes what is left of it; normally the {@link Keeper} did that before. */
  void delete() {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(folder + " cannot be deleted", e);
    }
  }
}
