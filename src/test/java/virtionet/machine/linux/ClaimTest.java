package virtionet.machine.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.machine.MachineException;
import virtionet.machine.MachineUnavailableException;

/** Notes of what processes have taken. */
class ClaimTest {
  private static final Claim OF_77 =
      new Claim("77-1", 77, 1000, Set.of("a", "b"), Set.of("b"), Optional.of(Path.of("/x y/é")));

  @TempDir private Path folder;
  private FakeSystem system;
  private LinuxPaths paths;

  @BeforeEach
  void start() {
    system = new FakeSystem(folder);
    paths = system.paths();
  }

  @Test
  void whatIsWrittenIsReadAgainUntilItIsDeleted() {
    assertEquals(List.of(), Claim.all(paths));
    Claim empty = new Claim("78-1", 78, 1, Set.of(), Set.of(), Optional.empty());
    OF_77.write(paths);
    empty.write(paths);
    assertEquals(List.of(OF_77, empty), Claim.all(paths));
    OF_77.delete(paths);
    assertEquals(List.of(empty), Claim.all(paths));
    OF_77.delete(paths);
  }

  @Test
  void aNoteGrows() {
    Claim claim = Claim.ofThisProcess(paths);
    claim.write(paths);
    Claim grown = claim.withMemory(Path.of("/m")).withDevice("a", false).withDevice("b", true);
    grown.write(paths);
    assertEquals(List.of(grown), Claim.all(paths));
    assertEquals(Set.of("a", "b"), grown.devices());
    assertEquals(Set.of("b"), grown.attached());
  }

  @Test
  void twoMachinesOfAProcessHaveNotesOfTheirOwn() {
    assertNotEquals(Claim.ofThisProcess(paths).name(), Claim.ofThisProcess(paths).name());
  }

  @Test
  void aProcessIsAliveAsLongAsItIsTheOneThatStartedThen() {
    assertFalse(OF_77.isAlive(paths), "there is none");
    system.process(77, 1000);
    assertTrue(OF_77.isAlive(paths));
    assertTrue(OF_77.holds(paths, "a"));
    assertFalse(OF_77.holds(paths, "c"));
    system.process(77, 1001);
    assertFalse(OF_77.isAlive(paths), "another one with its number");
    assertFalse(OF_77.holds(paths, "a"));
  }

  @Test
  void thisProcessIsAliveWhateverTheClockSays() {
    Claim real = Claim.ofThisProcess(new LinuxPaths(Path.of("/")));
    assertTrue(real.isAlive(new LinuxPaths(Path.of("/"))));
    assertTrue(Claim.ofThisProcess(paths).isAlive(paths));
    assertFalse(Claim.ofThisProcess(paths).abandoned().isAlive(paths));
  }

  @Test
  void aProcessThatEndedAndWasNotWaitedForIsDead() {
    system.put("proc/77/stat", FakeSystem.stat(77, 'Z', 1, 1000));
    assertFalse(OF_77.isAlive(paths));
    system.put("proc/77/stat", FakeSystem.stat(77, 'Z', 2, 1000));
    assertTrue(OF_77.isAlive(paths), "only its first thread has ended");
  }

  @Test
  void withoutProcNothingIsClaimed() {
    system.endProcess(ProcessHandle.current().pid());
    var failure = assertThrows(MachineUnavailableException.class, () -> Claim.ofThisProcess(paths));
    assertTrue(String.valueOf(failure.getMessage()).contains("/proc"), failure::toString);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "started=soon", "devices=a", "started=1\ndevices=\\u12"})
  void aDamagedNoteIsNamedWithTheRemedy(String text) {
    system.put("run/virtionet/77-1", text);
    String message = assertThrows(MachineException.class, () -> Claim.all(paths)).getMessage();
    assertTrue(
        String.valueOf(message).contains("run/virtionet/77-1 is damaged: delete it"), message);
  }

  @Test
  void otherFilesBesideTheNotesAreLeftAlone() {
    system.put("run/virtionet/lock", "");
    system.put("run/virtionet/77-1.new", "half");
    assertEquals(List.of(), Claim.all(paths));
  }

  @Test
  void whereNoNoteCanBeWrittenTheRemedyIsTold() throws Exception {
    Files.createDirectories(folder.resolve("run"));
    Files.writeString(folder.resolve("run/virtionet"), "a file in the way");
    var failure = assertThrows(MachineUnavailableException.class, () -> OF_77.write(paths));
    assertTrue(String.valueOf(failure.getMessage()).contains("run as root"), failure::toString);
  }
}
