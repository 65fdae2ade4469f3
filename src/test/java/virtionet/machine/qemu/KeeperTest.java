package virtionet.machine.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.testing.Patience;
import virtionet.testing.QemuProcess;

/** The shell that looks after QEMU, with other programs in QEMU's place. */
class KeeperTest {
  private static final Duration LONG = Duration.ofSeconds(Patience.SECONDS);

  @TempDir Path parent;
  private Path folder = Path.of("");

  @BeforeEach
  void makeTheFolder() throws IOException {
    folder = Files.createDirectory(parent.resolve("virtionet with a space"));
    Files.writeString(folder.resolve("memory"), "whatever");
  }

  private Keeper run(String script) {
    return Keeper.start(folder, List.of("/bin/sh", "-c", script));
  }

  @Test
  void aProgramThatListensToNoSignalIsKilledAndItsFolderDeleted() {
    Keeper keeper = run("trap '' TERM HUP INT; while :; do sleep 100; done");
    ProcessHandle program = ProcessHandle.of(keeper.qemuPid()).orElseThrow();
    assertFalse(keeper.hasEnded());
    keeper.kill();
    assertFalse(program.isAlive());
    QemuProcess.assertNothingLeft(folder);
    keeper.kill();
  }

  @Test
  void aProgramThatEndsByItselfLeavesItsCodeAndItsWords() {
    Keeper keeper = run("echo first; echo then >&2; exit 7");
    assertTrue(keeper.awaitEnd(LONG));
    assertEquals(
        "QEMU (process %d) ended with code 7: first\nthen".formatted(keeper.qemuPid()),
        keeper.epitaph());
    QemuProcess.assertNothingLeft(folder);
  }

  @Test
  void ofManyWordsTheLastAreKept() {
    Keeper keeper = run("for i in $(seq 1000); do echo line $i >&2; done");
    assertTrue(keeper.awaitEnd(LONG));
    String last =
        IntStream.rangeClosed(981, 1000)
            .mapToObj(i -> "line " + i)
            .collect(Collectors.joining("\n"));
    assertTrue(keeper.epitaph().endsWith("ended with code 0: " + last), keeper::epitaph);
  }
}
