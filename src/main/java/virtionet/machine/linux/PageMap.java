package virtionet.machine.linux;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import virtionet.machine.MachineException;
import virtionet.machine.MachineUnavailableException;

/** Physical addresses of this process's memory, as {@code /proc/self/pagemap} tells them. */
final class PageMap {
  private static final long PRESENT = 1L << 63;
  private static final long FRAME_NUMBER = (1L << 55) - 1;

  private final Path file;
  private final int pageSize;

  PageMap(Path file, int pageSize) {
    this.file = file;
    this.pageSize = pageSize;
  }

  /**
   * The physical address of a piece of memory.
   *
   * @throws MachineException when it is not there, or not contiguous
   * @throws MachineUnavailableException when the system does not tell
   */
  long contiguous(long address, long bytes) {
    int pages = Math.toIntExact(bytes / pageSize);
    ByteBuffer entries = ByteBuffer.allocate(pages * Long.BYTES).order(ByteOrder.nativeOrder());
    try (var map = new RandomAccessFile(file.toFile(), "r")) {
      map.seek(address / pageSize * Long.BYTES);
      map.readFully(entries.array());
    } catch (IOException e) {
      throw new MachineUnavailableException("%s cannot be read: %s".formatted(file, e), e);
    }
    return contiguous(entries, pageSize);
  }

  static long contiguous(ByteBuffer entries, int pageSize) {
    long first = entries.getLong(0) & FRAME_NUMBER;
    for (int page = 0; page < entries.capacity() / Long.BYTES; page++) {
      long entry = entries.getLong(page * Long.BYTES);
      if ((entry & PRESENT) == 0) {
        throw new MachineException("a huge page is not in memory although it was locked");
      }
      if ((entry & FRAME_NUMBER) == 0) {
        throw new MachineUnavailableException(
            "the system hides physical addresses from this process: run it as root, or give it"
                + " CAP_SYS_ADMIN");
      }
      if ((entry & FRAME_NUMBER) != first + page) {
        throw new MachineException(
            "a huge page is not contiguous: its %d-byte page %d has frame 0x%x, not 0x%x"
                .formatted(pageSize, page, entry & FRAME_NUMBER, first + page));
      }
    }
    return first * pageSize;
  }
}
