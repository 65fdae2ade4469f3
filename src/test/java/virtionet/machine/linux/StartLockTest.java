package virtionet.machine.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtionet.machine.MachineException;
import virtionet.machine.MachineUnavailableException;
import virtionet.testing.Patience;
import virtionet.testing.Programs;

@Timeout(120)
class StartLockTest {
  private static final Duration LONG = Duration.ofSeconds(Patience.SECONDS);

  @TempDir private Path folder;

  private LinuxPaths paths() {
    return new LinuxPaths(folder);
  }

  @Test
  void oneThreadAtATimeHasIt() {
    var inside = new AtomicInteger();
    List<CompletableFuture<Integer>> most = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      most.add(
          CompletableFuture.supplyAsync(
              () -> {
                int seen = 0;
                for (int round = 0; round < 20; round++) {
                  try (var _ = StartLock.take(paths(), LONG)) {
                    seen = Math.max(seen, inside.incrementAndGet());
                    Thread.onSpinWait();
                    inside.decrementAndGet();
                  }
                }
                return seen;
              }));
    }
    most.forEach(seen -> assertEquals(1, Patience.answer(seen)));
  }

  @Test
  void whoWaitsInVainIsToldForWhat() {
    try (var _ = StartLock.take(paths(), LONG)) {
      assertBusy();
    }
    StartLock.take(paths(), LONG).close();
  }

  @Test
  void anotherProcessKeepsItUntilItEnds() throws Exception {
    Programs.need("python3");
    StartLock.take(paths(), LONG).close();
    Process other =
        new ProcessBuilder(
                "python3",
                "-c",
                "import fcntl,sys; f=open(sys.argv[1],'w'); fcntl.lockf(f,fcntl.LOCK_EX);"
                    + "print('has it',flush=True); sys.stdin.read()",
                paths().notes().resolve("lock").toString())
            .start();
    try {
      assertEquals("has it", other.inputReader().readLine());
      assertBusy();
    } finally {
      other.destroyForcibly();
    }
    StartLock.take(paths(), LONG).close();
  }

  private void assertBusy() {
    var failure =
        assertThrows(MachineException.class, () -> StartLock.take(paths(), Duration.ofMillis(1)));
    assertTrue(String.valueOf(failure.getMessage()).contains("another process"), failure::toString);
  }

  @Test
  void whereItCannotBeMadeTheRemedyIsToldAndTheNextIsNotKeptWaiting() throws Exception {
    var system = new FakeSystem(folder);
    system.put("run/virtionet", "a file in the way");
    var failure =
        assertThrows(MachineUnavailableException.class, () -> StartLock.take(paths(), LONG));
    assertTrue(String.valueOf(failure.getMessage()).contains("run as root"), failure::toString);
    system.delete(system.path("run/virtionet"));
    StartLock.take(paths(), LONG).close();
  }
}
