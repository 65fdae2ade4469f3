package virtionet.machine.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import virtionet.machine.InterruptLine;
import virtionet.machine.MachineException;
import virtionet.machine.MappedRegisters;
import virtionet.machine.Registers;
import virtionet.machine.libc.Libc;

/**
 * A device that the kernel lets this process drive: its registers mapped, its interrupts read from
 * a file (Linux, Documentation/driver-api/uio-howto.rst). Thread-safe.
 */
final class UioDevice {
  /** No virtio-mmio device has so many registers. */
  private static final long LARGEST = 1 << 20;

  private final String file;
  private final int descriptor;
  private final Arena arena;
  private final MappedRegisters registers;

  /** Those whose descriptors may be in use, and some that have ended. */
  private final List<UioInterruptLine> lines = new ArrayList<>();

  private boolean closed;

  private UioDevice(String file, int descriptor, Arena arena, MappedRegisters registers) {
    this.file = file;
    this.descriptor = descriptor;
    this.arena = arena;
    this.registers = registers;
  }

  /**
   * Opens a device that is bound to UIO.
   *
   * @param size bytes of its registers; 0: not known, all that UIO shows
   */
  @SuppressWarnings("MustBeClosedChecker") // close() does
  static UioDevice open(LinuxPaths paths, int number, long size) {
    Path file = paths.dev("uio" + number);
    UioWindow window = UioWindow.read(paths.sys("class/uio/uio%d/maps/map0".formatted(number)));
    int descriptor = Libc.open(file);
    Arena arena = Arena.ofShared();
    try {
      long bytes = size > 0 ? size : window.size() - window.offset();
      window.check(bytes, Libc.pageSize());
      long pages = window.pages(Libc.pageSize());
      long address =
          Libc.mmap(
              0, pages, Libc.PROT_READ_WRITE, Libc.MAP_SHARED, descriptor, 0, file.toString());
      MemorySegment mapped = Libc.segment(address, pages, arena);
      // Other devices may share the page: no access of ours can reach them.
      var registers = new MappedRegisters(mapped.asSlice(window.offset(), bytes));
      return new UioDevice(file.toString(), descriptor, arena, registers);
    } catch (RuntimeException e) {
      arena.close();
      Libc.close(descriptor);
      throw e;
    }
  }

  Registers registers() {
    return registers;
  }

  synchronized InterruptLine line() {
    if (closed) {
      throw new MachineException(file + " was closed");
    }
    // Each life of the device has a line of its own: a device reset for ever must not grow.
    lines.removeIf(UioInterruptLine::hasEnded);
    var line = new UioInterruptLine(file, descriptor);
    lines.add(line);
    return line;
  }

  /** How many lines it keeps, to end their waits. */
  synchronized int lines() {
    return lines.size();
  }

  /**
   * Ends the waits for its interrupts, gives its descriptors back and unmaps the registers: no late
   * access can reach a device that somebody else has by then. Idempotent.
   */
  synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    lines.forEach(UioInterruptLine::close);
    Libc.close(descriptor);
    arena.close();
  }

  /**
   * What UIO lets map.
   *
   * @param offset of the registers in the first page
   * @param size bytes that the kernel lets map; it may round up to pages
   */
  record UioWindow(long offset, long size) {
    static UioWindow read(Path folder) {
      return new UioWindow(number(folder.resolve("offset")), number(folder.resolve("size")));
    }

    private static long number(Path file) {
      try {
        return Long.decode(Files.readString(file).strip());
      } catch (IOException e) {
        throw new MachineException(
            "the kernel lets map no registers of this device: %s cannot be read (%s)"
                .formatted(file, e.getMessage()),
            e);
      } catch (NumberFormatException e) {
        throw new MachineException("%s is no number: %s".formatted(file, e.getMessage()), e);
      }
    }

    /** Whole pages, as they can be mapped. */
    long pages(int pageSize) {
      return (size + pageSize - 1) & -(long) pageSize;
    }

    /**
     * @param registers bytes of the device's registers
     */
    void check(long registers, int pageSize) {
      if (size <= 0
          || size > LARGEST
          || offset < 0
          || registers <= 0
          || offset > pages(pageSize) - registers) {
        throw new MachineException(
            "registers of %d bytes at offset 0x%x lie outside of the %d bytes that UIO lets map"
                .formatted(registers, offset, size));
      }
    }
  }
}
