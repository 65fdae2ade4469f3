package virtionet.cli.bench.dpdk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import virtionet.machine.MachineUnavailableException;

/** More huge pages of 2 MiB for a while. */
final class HugePages implements AutoCloseable {
  private static final Path FOLDER = Path.of("/sys/kernel/mm/hugepages/hugepages-2048kB");

  private final Path folder;
  private final long before;
  private final long taken;

  private HugePages(Path folder, long before, long taken) {
    this.folder = folder;
    this.before = before;
    this.taken = taken;
  }

  /**
   * Sees that so many are free.
   *
   * @throws MachineUnavailableException when the system has no such memory
   */
  static HugePages reserve(int pages) throws IOException {
    return reserve(FOLDER, pages);
  }

  static HugePages reserve(Path folder, int pages) throws IOException {
    if (!Files.exists(folder.resolve("nr_hugepages"))) {
      throw new MachineUnavailableException(
          "this system has no huge pages of 2 MiB: bench needs a kernel with hugetlbfs");
    }
    long before = read(folder, "nr_hugepages");
    long free = read(folder, "free_hugepages") - read(folder, "resv_hugepages");
    if (free >= pages) {
      return new HugePages(folder, before, before);
    }
    long wanted = before + pages - free;
    try {
      Files.writeString(folder.resolve("nr_hugepages"), Long.toString(wanted));
    } catch (IOException e) {
      throw new MachineUnavailableException(
          "%s cannot be written: run bench as root, in no container that forbids it"
              .formatted(folder.resolve("nr_hugepages")),
          e);
    }
    var pagesNow = new HugePages(folder, before, wanted);
    if (read(folder, "nr_hugepages") < wanted) {
      pagesNow.close();
      throw new MachineUnavailableException(
          "the kernel has no %d MiB in one piece for huge pages: end other programs, or reserve them"
                  .formatted(2 * (wanted - before))
              + " at the start of the system (hugepages=%d)".formatted(wanted));
    }
    return pagesNow;
  }

  private static long read(Path folder, String file) throws IOException {
    return Long.parseLong(Files.readString(folder.resolve(file)).strip());
  }

  /** Gives back what was taken; but what others have taken since stays. */
  @Override
  public void close() throws IOException {
    if (taken != before) {
      long now = read(folder, "nr_hugepages");
      Files.writeString(
          folder.resolve("nr_hugepages"), Long.toString(Math.max(0, now - (taken - before))));
    }
  }

  @Override
  public String toString() {
    return "huge pages";
  }
}
