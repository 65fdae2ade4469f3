package virtionet.machine.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.machine.DeviceRegion;
import virtionet.machine.MachineUnavailableException;
import virtionet.machine.libc.Libc;
import virtionet.testing.Programs;

/** This machine's huge pages: a few more for the time of a test, in a file system of its own. */
@Tag("hugepages")
class RealHugePagesTest {
  private static final int PAGES = 3;
  private static final long SIZE = 2 << 20;
  private static final Path POOL =
      Path.of("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");

  @TempDir private Path folder;
  private final LinuxPaths paths = new LinuxPaths(Path.of("/"));
  private HugePageMount mount;
  private String before = "";
  private boolean mounted;

  @BeforeEach
  void makePages() throws Exception {
    Programs.need("mount");
    FakeSystem.needPhysicalAddresses();
    assumeTrue(Files.isWritable(POOL), "the number of huge pages cannot be changed here");
    before = Files.readString(POOL).strip();
    set(Integer.parseInt(before) + PAGES);
    assumeTrue(free() >= PAGES, "no memory in pieces that are large enough");
    Process mounting =
        new ProcessBuilder("mount", "-t", "hugetlbfs", "-o", "pagesize=2M", "none", folder + "")
            .inheritIO()
            .start();
    mounted = mounting.waitFor() == 0;
    assumeTrue(mounted, "no file system of huge pages can be mounted here");
    mount = new HugePageMount(folder, SIZE);
  }

  @AfterEach
  void giveThemBack() throws Exception {
    if (mounted) {
      Programs.run(Path.of(System.getProperty("java.io.tmpdir")), "umount", folder.toString());
    }
    if (!before.isEmpty()) {
      set(Integer.parseInt(before));
    }
  }

  private static void set(int pages) throws IOException {
    Files.writeString(POOL, Integer.toString(pages), StandardOpenOption.WRITE);
  }

  private static long free() throws IOException {
    return Long.parseLong(Files.readString(POOL.resolveSibling("free_hugepages")).strip());
  }

  @Test
  void eachPageIsZeroedAndWhereTheKernelSaysItIs() throws Exception {
    long free = free();
    Path file = folder.resolve("virtionet-1");
    try (Arena arena = Arena.ofShared()) {
      HugePages pages = HugePages.take(paths, mount, file, SIZE + 1, arena);
      assertEquals(2 * SIZE, pages.memory().available());
      assertEquals(free - 2, free());
      var map = new PageMap(Path.of("/proc/self/pagemap"), Libc.pageSize());
      for (int i = 0; i < 2; i++) {
        DeviceRegion region = pages.memory().allocate(SIZE, SIZE);
        assertEquals(0, region.segment().get(ValueLayout.JAVA_LONG, SIZE - 8));
        assertEquals(map.contiguous(region.segment().address(), SIZE), region.deviceAddress());
      }
    }
    assertEquals(free - 2, free(), "they are the file's, not the process's");
    HugePages.delete(file);
    assertEquals(free, free());
  }

  @Test
  void morePagesThanThereAreBringTheCommandAndLeaveNone() throws Exception {
    long free = free();
    Path file = folder.resolve("virtionet-1");
    var failure =
        assertThrows(
            MachineUnavailableException.class,
            () -> HugePages.take(paths, mount, file, (free + 1) * SIZE, Arena.ofAuto()));
    String message = String.valueOf(failure.getMessage());
    assertTrue(
        message.startsWith(
            "%d huge pages of 2048 KiB are needed and %d are free: echo "
                .formatted(free + 1, free)),
        message);
    assertTrue(message.contains("ENOMEM"), message);
    assertEquals(free, free());
    assertTrue(Files.notExists(file));
  }
}
