package virtionet.machine.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.machine.DeviceRegion;
import virtionet.machine.MachineException;
import virtionet.machine.MachineUnavailableException;

/** Device memory of pages that are as small as pages get, so that no system lacks them. */
class HugePagesTest {
  private static final int PAGE = FakeSystem.PAGE;
  private static final int PAGES = 64;

  @TempDir private Path folder;
  private FakeSystem system;
  private HugePageMount mount;

  @BeforeEach
  void start() {
    system = new FakeSystem(folder);
    mount = HugePageMount.find(system.paths());
  }

  private HugePages take(Path file, Arena arena) {
    return HugePages.take(system.paths(), mount, file, (PAGES - 1) * PAGE + 1L, arena);
  }

  @Test
  void eachPieceIsWhereTheKernelSaysItIs() throws Exception {
    system.showPhysicalAddresses();
    Path file = mount.folder().resolve("virtionet-1");
    try (Arena arena = Arena.ofShared()) {
      HugePages pages = take(file, arena);
      assertEquals(PAGES * PAGE, pages.memory().available(), "rounded up to pages");
      assertEquals(PAGES * PAGE, Files.size(file));
      var map = new PageMap(Path.of("/proc/self/pagemap"), PAGE);
      List<Long> addresses = new ArrayList<>();
      for (int i = 0; i < PAGES; i++) {
        DeviceRegion region = pages.memory().allocate(PAGE, PAGE);
        assertEquals(0, region.segment().get(ValueLayout.JAVA_LONG, 0), "zeroed");
        region.segment().set(ValueLayout.JAVA_LONG, 0, region.deviceAddress());
        assertEquals(map.contiguous(region.segment().address(), PAGE), region.deviceAddress());
        addresses.add(region.deviceAddress());
      }
      assertEquals(addresses.stream().sorted().distinct().toList(), addresses, "in their order");
      assertThrows(MachineException.class, () -> pages.memory().allocate(1, 1));
    }
    assertEquals(PAGES * PAGE, Files.size(file), "the file outlives the mapping");
    system.hidePhysicalAddresses();
  }

  @Test
  void aMappingThatFailsLeavesNoFile() throws Exception {
    Path file = mount.folder().resolve("virtionet-1");
    assertThrows(MachineUnavailableException.class, () -> take(file, Arena.ofAuto()));
    assertFalse(Files.exists(file));
  }

  @Test
  void aFileOfSomebodyElseIsNeitherUsedNorDeleted() throws Exception {
    Path file = Files.writeString(mount.folder().resolve("virtionet-1"), "theirs");
    assertThrows(MachineUnavailableException.class, () -> take(file, Arena.ofAuto()));
    assertEquals("theirs", Files.readString(file));
  }

  @Test
  void tooFewPagesBringTheCommandThatMakesEnough() {
    String pool = "sys/kernel/mm/hugepages/hugepages-2048kB/";
    system.put(pool + "nr_hugepages", "16\n");
    system.put(pool + "free_hugepages", "3\n");
    system.put(pool + "resv_hugepages", "1\n");
    assertEquals(
        "8 huge pages of 2048 KiB are needed and 2 are free: echo 26 >"
            + " /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages, or boot with"
            + " hugepagesz=2048K hugepages=26",
        new HugePageMount(folder, 2 << 20).tooFew(system.paths(), 8));
  }

  @Test
  void theMountWithTheSmallestPagesIsTaken() {
    system.put(
        "proc/mounts",
        """
        hugetlbfs /huge/1g hugetlbfs rw,pagesize=1G 0 0
        tmpfs /run tmpfs rw,pagesize=1K 0 0
        hugetlbfs /huge/default hugetlbfs rw,relatime 0 0
        hugetlbfs /huge/32m hugetlbfs rw,pagesize=32M 0 0
        damaged
        """);
    system.put("proc/meminfo", "HugePages_Free:        7\nHugepagesize:       2048 kB\n");
    assertEquals(
        new HugePageMount(system.path("huge/default"), 2 << 20),
        HugePageMount.find(system.paths()));
  }

  @Test
  void withoutAMountTheCommandIsTold() {
    system.put("proc/mounts", "sysfs /sys sysfs rw 0 0\n");
    var failure =
        assertThrows(MachineUnavailableException.class, () -> HugePageMount.find(system.paths()));
    assertTrue(
        String.valueOf(failure.getMessage()).contains("mount -t hugetlbfs none /dev/hugepages"),
        failure::toString);
  }

  @Test
  void aKernelWithoutHugePagesIsNamed() {
    system.hugePages("nosuid");
    system.put("proc/meminfo", "MemTotal: 1 kB\n");
    var failure =
        assertThrows(MachineUnavailableException.class, () -> HugePageMount.find(system.paths()));
    assertTrue(
        String.valueOf(failure.getMessage()).contains("CONFIG_HUGETLBFS"), failure::toString);
  }
}
