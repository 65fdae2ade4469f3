package virtionet.machine.linux;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import virtionet.machine.MachineException;
import virtionet.machine.MachineUnavailableException;

/**
 * A note of what a machine of a process has taken, so that whoever comes after a crash can set it
 * right. Written before the taking, deleted after the giving back.
 *
 * @param name of the note: a process may have several machines
 * @param process its id
 * @param started when the process started, in ticks since the system did: ids are used again, and
 *     clocks are set
 * @param devices that it drives, by their names on the platform bus
 * @param attached those of them that are to be given back to the kernel
 * @param memory the file of its huge pages
 */
record Claim(
    String name,
    long process,
    long started,
    Set<String> devices,
    Set<String> attached,
    Optional<Path> memory) {
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final Pattern NAME = Pattern.compile("(\\d+)-\\d+");

  /** Places of the values behind the name in proc_pid_stat(5). */
  private static final int STAT_THREADS = 17;

  private static final int STAT_STARTED = 19;

  /** Of a process that lives on without caring for it. */
  private static final long ABANDONED = 0;

  private static final String DEVICES = "devices";
  private static final String ATTACHED = "attached";
  private static final String MEMORY = "memory";
  private static final String STARTED = "started";

  Claim {
    devices = Set.copyOf(devices);
    attached = Set.copyOf(attached);
  }

  /** Of this process, with nothing taken yet. */
  static Claim ofThisProcess(LinuxPaths paths) {
    long self = ProcessHandle.current().pid();
    long started =
        started(paths, self)
            .orElseThrow(
                () ->
                    new MachineUnavailableException(
                        "%s cannot be read: is /proc mounted?"
                            .formatted(paths.proc(self + "/stat"))));
    return new Claim(
        self + "-" + COUNT.incrementAndGet(), self, started, Set.of(), Set.of(), Optional.empty());
  }

  /** When a process started; nothing when there is none, or it has ended and nobody noticed yet. */
  private static Optional<Long> started(LinuxPaths paths, long process) {
    return PlatformDevice.read(paths.proc(process + "/stat"))
        // The program's name comes before, with whatever signs are in it.
        .map(text -> text.substring(text.lastIndexOf(')') + 1).strip().split(" ", -1))
        .filter(fields -> fields.length > STAT_STARTED && !isOver(fields))
        .map(fields -> Long.parseLong(fields[STAT_STARTED]));
  }

  private static boolean isOver(String[] fields) {
    return fields[0].matches("[ZX]") && Integer.parseInt(fields[STAT_THREADS]) <= 1;
  }

  Claim withDevice(String device, boolean attachedNow) {
    return new Claim(
        name,
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
    return new Claim(name, process, started, devices, attached, Optional.of(file));
  }

  /** The same for whoever comes next: its process lives, but cares for it no longer. */
  Claim abandoned() {
    return new Claim(name, process, ABANDONED, devices, attached, memory);
  }

  /** Whether the process that made it still lives, and cares. */
  boolean isAlive(LinuxPaths paths) {
    return started != ABANDONED
        && started(paths, process).filter(ticks -> ticks == started).isPresent();
  }

  /** Whether this is not the note of a dead process, and has the device. */
  boolean holds(LinuxPaths paths, String device) {
    return devices.contains(device) && isAlive(paths);
  }

  /** All that are noted. */
  static List<Claim> all(LinuxPaths paths) {
    List<Claim> claims = new ArrayList<>();
    if (!Files.isDirectory(paths.notes())) {
      return claims;
    }
    try (Stream<Path> files = Files.list(paths.notes())) {
      for (Path file : files.sorted().toList()) {
        Matcher name = NAME.matcher(file.getFileName().toString());
        if (name.matches()) {
          read(file, name).ifPresent(claims::add);
        }
      }
    } catch (IOException e) {
      throw new MachineException(
          "%s cannot be read: %s".formatted(paths.notes(), e.getMessage()), e);
    }
    return claims;
  }

  private static Optional<Claim> read(Path file, Matcher name) throws IOException {
    var text = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      text.load(reader);
      return Optional.of(
          new Claim(
              name.group(),
              Long.parseLong(name.group(1)),
              Long.parseLong(text.getProperty(STARTED, "")),
              names(text.getProperty(DEVICES, "")),
              names(text.getProperty(ATTACHED, "")),
              Optional.of(text.getProperty(MEMORY, ""))
                  .filter(path -> !path.isEmpty())
                  .map(Path::of)));
    } catch (NoSuchFileException e) {
      // Its process has deleted it meanwhile.
      return Optional.empty();
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
      Path half = paths.notes().resolve(name + ".new");
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
    return paths.notes().resolve(name);
  }
}
