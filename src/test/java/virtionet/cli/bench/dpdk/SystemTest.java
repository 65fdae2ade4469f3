package virtionet.cli.bench.dpdk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.machine.MachineUnavailableException;

/** What a run needs of the system, takes and gives back. */
class SystemTest {
  private static final List<String> PROGRAMS =
      List.of("dpdk-testpmd", "gcc", "pkg-config", "ip", "setsid", "taskset");

  @TempDir private Path folder;

  private void programs(List<String> names) throws IOException {
    for (String name : names) {
      Path file = Files.createFile(folder.resolve(name));
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }
  }

  private String refusal(boolean root, int processors) {
    return String.valueOf(
        assertThrows(
                MachineUnavailableException.class,
                () -> Tools.check(folder.toString(), root, processors))
            .getMessage());
  }

  @Test
  void allThatIsMissingIsNamedAtOnceWithTheRemedy() throws IOException {
    programs(List.of("ip", "setsid", "taskset"));
    assertEquals(
        "bench needs dpdk-testpmd (Debian: dpdk-dev), gcc (gcc), pkg-config (pkg-config): install"
            + " these, or run ./virtionet setup",
        refusal(true, 2));
  }

  @Test
  void withoutRootOrASecondProcessorItSaysWhatToDo() throws IOException {
    programs(PROGRAMS);
    assertTrue(refusal(false, 2).contains("run it with sudo"));
    assertTrue(refusal(true, 1).contains("two processors"));
    assertDoesNotThrow(() -> Tools.check(folder.toString(), true, 2));
  }

  private Path pages(long all, long free) throws IOException {
    Files.writeString(folder.resolve("nr_hugepages"), all + "\n");
    // Of the free ones some are spoken for.
    Files.writeString(folder.resolve("free_hugepages"), free + 7 + "\n");
    Files.writeString(folder.resolve("resv_hugepages"), "7\n");
    return folder;
  }

  private long pages() throws IOException {
    return Long.parseLong(Files.readString(folder.resolve("nr_hugepages")).strip());
  }

  @Test
  void onlyMissingHugePagesAreTakenAndThoseAreGivenBack() throws IOException {
    try (var _ = HugePages.reserve(pages(50, 20), 100)) {
      assertEquals(130, pages());
      // Somebody else takes some too, and keeps them.
      pages(140, 0);
    }
    assertEquals(60, pages());
  }

  @Test
  void hugePagesThatAreThereAreLeftAsTheyAre() throws IOException {
    try (var _ = HugePages.reserve(pages(200, 100), 100)) {
      assertEquals(200, pages());
    }
    assertEquals(200, pages());
  }

  @Test
  void aSystemWithoutHugePagesIsRefused() {
    assertThrows(
        MachineUnavailableException.class, () -> HugePages.reserve(folder.resolve("none"), 1));
  }

  @Test
  void theTicksOfAllProcessorsAreRead() {
    assertArrayEquals(
        new long[] {1, 2, 3, 4, 5, 6, 7, 8},
        Noise.ticks("cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 1 1 1 1 1 1 1 1 1\n"));
  }

  @Test
  void whatIsKeptIsUndoneTheLastFirstAndAllOfIt() {
    List<String> undone = new ArrayList<>();
    try (var cleanup = new Cleanup()) {
      cleanup.keep(() -> undone.add("first"));
      cleanup.keep(
          () -> {
            throw new IOException("does not want to");
          });
      AutoCloseable early = cleanup.keep(() -> undone.add("early"));
      cleanup.keep(() -> undone.add("last"));
      cleanup.close(early);
      assertFalse(cleanup.isOver());
    }
    assertEquals(List.of("early", "last", "first"), undone);
  }

  @Test
  void afterTheEndNothingNewIsLeftOpen() {
    var cleanup = new Cleanup();
    cleanup.close();
    List<String> undone = new ArrayList<>();
    assertThrows(BenchException.class, () -> cleanup.keep(() -> undone.add("late")));
    assertEquals(List.of("late"), undone);
  }
}
