package virtionet.testing;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import virtionet.machine.qemu.QemuMachine;

/**
 * A QEMU as the system sees it.
 *
 * @param folder where its memory and its sockets are
 */
public record QemuProcess(ProcessHandle handle, Path folder) {

  /** The process of a machine that runs. */
  public static QemuProcess of(QemuMachine machine) {
    ProcessHandle handle = ProcessHandle.of(machine.pid()).orElseThrow();
    List<String> words = List.of(handle.info().arguments().orElseThrow());
    return new QemuProcess(handle, folder(words));
  }

  /** The folder that a QEMU's command line names. */
  public static Path folder(List<String> words) {
    String socket = words.get(words.indexOf("-qmp") + 1);
    Path folder =
        Objects.requireNonNull(Path.of(socket.substring("unix:".length())).getParent(), socket);
    assertTrue(
        folder.getFileName().toString().startsWith("virtionet-"),
        () -> "not the folder of a machine: " + socket);
    return folder;
  }

  /** Ends it as the system does when memory is short: without a word. */
  public void kill() {
    handle.destroyForcibly();
  }

  /** Checks that neither QEMU is left, nor its folder, nor whoever looked after it. */
  public void assertGone() {
    assertFalse(handle.isAlive(), "QEMU still runs");
    assertNothingLeft(folder);
  }

  /** Checks that a folder is gone, and all processes whose command line names it. */
  public static void assertNothingLeft(Path folder) {
    assertFalse(Files.exists(folder), () -> folder + " was left behind");
    Patience.until(
        "the end of each process that knows " + folder,
        () ->
            ProcessHandle.allProcesses()
                .noneMatch(
                    process ->
                        process.info().commandLine().orElse("").contains(folder.toString())));
  }
}
