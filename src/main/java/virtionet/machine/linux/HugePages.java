package virtionet.machine.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import virtionet.machine.ContiguousMemory;
import virtionet.machine.MachineException;
import virtionet.machine.MachineUnavailableException;
import virtionet.machine.PiecewiseMemory;
import virtionet.machine.libc.Errno;
import virtionet.machine.libc.Libc;
import virtionet.machine.libc.LibcException;

/**
 * Device memory: huge pages, locked, whose physical addresses are known.
 *
 * <p>They belong to a file and not to the process alone, so that they outlive it: a device that
 * goes on writing after its driver was killed writes into pages that nobody else has, until the
 * next start has reset it and deletes the file.
 */
final class HugePages {
  private final Path file;
  private final PiecewiseMemory memory;

  private HugePages(Path file, PiecewiseMemory memory) {
    this.file = file;
    this.memory = memory;
  }

  PiecewiseMemory memory() {
    return memory;
  }

  /** The file that holds the pages. */
  Path file() {
    return file;
  }

  /**
   * Takes pages.
   *
   * @param file to be made, in a file system of huge pages
   * @param bytes at the least
   * @param arena with which they are unmapped; the file stays
   * @throws MachineUnavailableException when there are not so many, or the process may not
   */
  static HugePages take(LinuxPaths paths, HugePageMount mount, Path file, long bytes, Arena arena) {
    int pages = Math.toIntExact((bytes + mount.pageSize() - 1) / mount.pageSize());
    create(file);
    try {
      int descriptor = Libc.open(file);
      try {
        return new HugePages(file, map(paths, mount, file, descriptor, pages, arena));
      } finally {
        Libc.close(descriptor);
      }
    } catch (RuntimeException e) {
      delete(file);
      throw e;
    }
  }

  private static void create(Path file) {
    try {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (IOException e) {
      throw new MachineUnavailableException(
          "no huge pages can be taken in %s: %s; run as root".formatted(file.getParent(), e), e);
    }
  }

  static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new MachineException("%s cannot be deleted: %s".formatted(file, e), e);
    }
  }

  private static PiecewiseMemory map(
      LinuxPaths paths, HugePageMount mount, Path file, int descriptor, int pages, Arena arena) {
    long size = mount.pageSize();
    Libc.truncate(descriptor, pages * size, file.toString());
    long everywhere = mapAll(paths, mount, file, descriptor, pages);
    var map = new PageMap(paths.proc("self/pagemap"), Libc.pageSize());
    List<Page> found = new ArrayList<>();
    try {
      for (int i = 0; i < pages; i++) {
        found.add(new Page(i, map.contiguous(everywhere + i * size, size)));
      }
      found.sort(Comparator.comparingLong(Page::physical));
      return inOrder(found, size, file, descriptor, arena);
    } finally {
      Libc.munmap(everywhere, pages * size);
    }
  }

  /** A huge page: its place in the file, and in the machine. */
  private record Page(int index, long physical) {}

  private static long mapAll(
      LinuxPaths paths, HugePageMount mount, Path file, int descriptor, int pages) {
    try {
      return Libc.mmap(
          0,
          pages * mount.pageSize(),
          Libc.PROT_READ_WRITE,
          Libc.MAP_SHARED | Libc.MAP_POPULATE | Libc.MAP_LOCKED,
          descriptor,
          0,
          file.toString());
    } catch (LibcException e) {
      if (e.errno() == Errno.ENOMEM) {
        throw new MachineUnavailableException(
            "%s (%s)".formatted(mount.tooFew(paths, pages), e.getMessage()), e);
      }
      if (e.errno() == Errno.EPERM || e.errno() == Errno.EAGAIN) {
        throw new MachineUnavailableException(
            "huge pages cannot be locked in memory: run as root, or raise `ulimit -l` (%s)"
                .formatted(e.getMessage()),
            e);
      }
      throw e;
    }
  }

  /** Maps each run of pages that are neighbours for the device so that they are for us as well. */
  private static PiecewiseMemory inOrder(
      List<Page> pages, long size, Path file, int descriptor, Arena arena) {
    List<ContiguousMemory> pieces = new ArrayList<>();
    for (int first = 0; first < pages.size(); ) {
      int count = 1;
      while (first + count < pages.size()
          && pages.get(first + count).physical() == pages.get(first).physical() + count * size) {
        count++;
      }
      MemorySegment piece =
          mapRun(pages.subList(first, first + count), size, file, descriptor, arena);
      pieces.add(new ContiguousMemory(piece, pages.get(first).physical()));
      first += count;
    }
    return new PiecewiseMemory(pieces);
  }

  private static MemorySegment mapRun(
      List<Page> run, long size, Path file, int descriptor, Arena arena) {
    long bytes = run.size() * size;
    long room =
        Libc.mmap(
            0,
            bytes + size,
            Libc.PROT_NONE,
            Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE,
            -1,
            0,
            "room for huge pages");
    // A huge page's address must be a multiple of its size; the kernel gives any.
    long start = (room + size - 1) & -size;
    if (start > room) {
      Libc.munmap(room, start - room);
    }
    if (room + size > start) {
      Libc.munmap(start + bytes, room + size - start);
    }
    MemorySegment segment = Libc.segment(start, bytes, arena);
    for (int i = 0; i < run.size(); i++) {
      Libc.mmap(
          start + i * size,
          size,
          Libc.PROT_READ_WRITE,
          Libc.MAP_SHARED | Libc.MAP_FIXED | Libc.MAP_POPULATE | Libc.MAP_LOCKED,
          descriptor,
          run.get(i).index() * size,
          file.toString());
    }
    return segment;
  }
}
