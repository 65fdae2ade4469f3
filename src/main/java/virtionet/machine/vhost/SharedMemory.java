package virtionet.machine.vhost;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.machine.MachineUnavailableException;
import virtionet.machine.libc.Libc;
import virtionet.machine.libc.LibcException;
import virtionet.machine.vhost.VhostUserOptions.HugePagesWish;

/**
 * Memory that is shared with a back-end: a file without a name, whose descriptor is handed over.
 *
 * @param descriptor of the file
 * @param address at which it is mapped here
 * @param huge whether it is of huge pages
 */
record SharedMemory(int descriptor, long address, long bytes, boolean huge) {
  private static final Logger LOG = LoggerFactory.getLogger(SharedMemory.class);
  private static final String NAME = "virtionet";

  /** The default size of huge pages on the machines that there are; a multiple is one of theirs. */
  private static final long HUGE_PAGE = 2 << 20;

  /**
   * @throws MachineUnavailableException when there is not so much memory
   */
  static SharedMemory take(long bytes, HugePagesWish wish) {
    long most = Libc.memoryOfSystem();
    if (bytes > most) {
      // The kernel would promise it, and kill somebody for it when it is used.
      throw new MachineUnavailableException(
          "no %d bytes of memory to share: this system has %d in all".formatted(bytes, most));
    }
    if (wish != HugePagesWish.NEVER) {
      try {
        return map((bytes + HUGE_PAGE - 1) & -HUGE_PAGE, true);
      } catch (LibcException e) {
        if (wish == HugePagesWish.REQUIRE) {
          throw new MachineUnavailableException(
              "no %d bytes of huge pages to share (%s): reserve them, as with `sysctl vm.nr_hugepages=%d`, or set huge-pages to \"try\""
                  .formatted(bytes, e.getMessage(), (bytes + HUGE_PAGE - 1) / HUGE_PAGE),
              e);
        }
        LOG.debug("no huge pages: {}", e.getMessage());
      }
    }
    try {
      int page = Libc.pageSize();
      return map((bytes + page - 1) & -page, false);
    } catch (LibcException e) {
      throw new MachineUnavailableException(
          "no %d bytes of memory to share: %s".formatted(bytes, e.getMessage()), e);
    }
  }

  private static SharedMemory map(long bytes, boolean huge) {
    int descriptor = Libc.memfd(NAME, huge);
    try {
      Libc.truncate(descriptor, bytes, "shared memory");
      // Whoever is handed it could cut it off under our hands else, and that is a SIGBUS.
      Libc.sealSize(descriptor);
      // A page that is missing later would be a SIGBUS, not an error.
      Libc.allocate(descriptor, bytes, "%d bytes of shared memory".formatted(bytes));
      long address =
          Libc.mmap(
              0,
              bytes,
              Libc.PROT_READ_WRITE,
              Libc.MAP_SHARED | Libc.MAP_POPULATE,
              descriptor,
              0,
              "%d bytes of shared memory".formatted(bytes));
      return new SharedMemory(descriptor, address, bytes, huge);
    } catch (RuntimeException e) {
      Libc.close(descriptor);
      throw e;
    }
  }

  /** As it is mapped here, from now on until nobody can reach it; once. */
  MemorySegment segment() {
    return Libc.segment(address, bytes, Arena.ofAuto());
  }

  /** Gives all of it up; instead of {@link #segment()}. */
  void giveUp() {
    Libc.munmap(address, bytes);
    Libc.close(descriptor);
  }
}
