package virtionet.machine.linux;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import virtionet.machine.MachineException;
import virtionet.machine.MachineUnavailableException;

/**
 * A note of what a process has taken, so that whoever comes after a crash can set it right. Written
 * before the taking, deleted after the giving back.
 *
 * @param process its id
 * @param started when the process started, in milliseconds: ids are used again
 * @param devices that it drives, by their names on the platform bus
 * @param attached those of them that are to be given back to the kernel
 * @param memory the file of its huge pages
 */
record Claim(
    long process, long started, Set<String> devices, Set<String> attached, Optional<Path> memory) {
  private static final String DEVICES = "devices";
  private static final String ATTACHED = "attached";
  private static final String MEMORY = "memory";
  private static final String STARTED = "started";

  Claim {
    devices = Set.copyOf(devices);
    attached = Set.copyOf(attached);
  }

  /** Of this process, with nothing taken yet. */
  static Claim ofThisProcess() {
    ProcessHandle self = ProcessHandle.current();
    return new Claim(self.pid(), started(self), Set.of(), Set.of(), Optional.empty());
  }

  private static long started(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }

  Claim withDevice(String device, boolean attachedNow) {
    return new Claim(
        process,
        started,
        with(devices, device),
        attachedNow ? with(attached, device) : attached,
        memory);
  }

  private static Set<String> with(Set<String> set, String more) {
    return Stream.concat(set.stream(), Stream.of(more)).collect(Collectors.toSet());
  }

  Claim withMemory(Path file) {
    return new Claim(process, started, devices, attached, Optional.of(file));
  }

  /** Whether the process that made it still lives. */
  boolean isAlive() {
    return ProcessHandle.of(process)
        .filter(ProcessHandle::isAlive)
        .filter(handle -> started(handle) == started)
        .isPresent();
  }

  /** All that are noted. */
  static List<Claim> all(LinuxPaths paths) {
    List<Claim> claims = new ArrayList<>();
    if (!Files.isDirectory(paths.notes())) {
      return claims;
    }
    try (Stream<Path> files = Files.list(paths.notes())) {
      for (Path file : files.sorted().toList()) {
        if (file.getFileName().toString().matches("\\d+")) {
          claims.add(read(file));
        }
      }
    } catch (IOException e) {
      throw new MachineException(
          "%s cannot be read: %s".formatted(paths.notes(), e.getMessage()), e);
    }
    return claims;
  }

  private static Claim read(Path file) throws IOException {
    var text = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      text.load(reader);
    }
    try {
      return new Claim(
          Long.parseLong(file.getFileName().toString()),
          Long.parseLong(text.getProperty(STARTED, "0")),
          names(text.getProperty(DEVICES, "")),
          names(text.getProperty(ATTACHED, "")),
          Optional.of(text.getProperty(MEMORY, "")).filter(path -> !path.isEmpty()).map(Path::of));
    } catch (IllegalArgumentException e) {
      throw new MachineException(
          "%s is damaged: delete it (%s)".formatted(file, e.getMessage()), e);
    }
  }

  private static Set<String> names(String text) {
    return Stream.of(text.split(" ", -1))
        .filter(name -> !name.isEmpty())
        .collect(Collectors.toSet());
  }

  void write(LinuxPaths paths) {
    var text = new Properties();
    text.setProperty(STARTED, Long.toString(started));
    text.setProperty(DEVICES, String.join(" ", new TreeSet<>(devices)));
    text.setProperty(ATTACHED, String.join(" ", new TreeSet<>(attached)));
    memory.ifPresent(path -> text.setProperty(MEMORY, path.toString()));
    try {
      Files.createDirectories(paths.notes());
      // Renamed into place: a reader never sees half a note.
      Path half = paths.notes().resolve(process + ".new");
      try (Writer writer = Files.newBufferedWriter(half)) {
        text.store(writer, "what a virtionet process has taken");
      }
      Files.move(half, file(paths), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new MachineUnavailableException(
          "%s cannot be written: %s; run as root".formatted(paths.notes(), e.getMessage()), e);
    }
  }

  void delete(LinuxPaths paths) {
    try {
      Files.deleteIfExists(file(paths));
    } catch (IOException e) {
      throw new MachineException(
          "%s cannot be deleted: %s".formatted(file(paths), e.getMessage()), e);
    }
  }

  private Path file(LinuxPaths paths) {
    return paths.notes().resolve(Long.toString(process));
  }
}
