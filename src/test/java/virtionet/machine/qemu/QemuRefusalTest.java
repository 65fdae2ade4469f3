package virtionet.machine.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.machine.MachineException;
import virtionet.machine.MachineUnavailableException;
import virtionet.testing.QemuProcess;
import virtionet.testing.RequiresQemu;

/** Programs that are no QEMU, the wrong one, or one that refuses what it is told. */
@RequiresQemu
class QemuRefusalTest {
  private static final QemuOptions RISCV64 = QemuOptions.of(QemuArchitecture.RISCV64);

  @TempDir Path folder;

  @Test
  void aPathWhereNothingIsNamesTheProgramThatIsWanted() {
    Path nowhere = folder.resolve("qemu");
    assertEquals(
        nowhere
            + " is no program that can be run: name a qemu-system-riscv64, or none to have it"
            + " looked for on the PATH",
        unavailable(RISCV64.withBinary(nowhere)));
  }

  @Test
  void aFolderIsNoProgram() {
    String refusal = unavailable(RISCV64.withBinary(folder));
    assertTrue(refusal.contains("is no program that can be run"), refusal);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/bin/true", "/bin/false", "/bin/cat", "/bin/echo"})
  void anotherProgramIsNotTakenForQemu(String program) {
    assertEquals(
        program
            + " is not QEMU, since it does not speak QEMU's machine protocol: name a"
            + " qemu-system-riscv64",
        unavailable(RISCV64.withBinary(Path.of(program))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        "{\"QMP\": {\"version\": {\"qemu\": {\"major\": \"8\", \"minor\": 1}}}}",
        "{\"QMP\": {\"version\": {\"qemu\": {\"major\": 8, \"minor\": 1}}}}",
        "{\"return\": {\"arch\": \"riscv64\"}}",
      })
  void aProgramThatAnswersSomethingElseInJsonIsNotTakenForQemu(String answer) throws Exception {
    Path program = script("cat >/dev/null\necho '" + answer + "'");
    String refusal = unavailable(RISCV64.withBinary(program));
    assertTrue(refusal.contains("is not QEMU"), refusal);
  }

  @Test
  void anOldQemuIsToldWhichOneIsNeeded() throws Exception {
    Path old =
        script(
            """
            cat >/dev/null
            echo '{"QMP": {"version": {"qemu": {"major": 7, "minor": 1}}}}'
            echo '{"return": {"arch": "riscv64"}}'
            """);
    assertEquals(
        old + " is QEMU 7.1: the driver needs 7.2 or newer", unavailable(RISCV64.withBinary(old)));
  }

  @ParameterizedTest
  @EnumSource
  void theOtherArchitecturesQemuIsNamedAsSuch(QemuArchitecture wanted) {
    QemuArchitecture other =
        wanted == QemuArchitecture.RISCV64 ? QemuArchitecture.AARCH64 : QemuArchitecture.RISCV64;
    Path binary = QemuBinary.find(QemuOptions.of(other)).path();
    assertEquals(
        "%s is a QEMU for %s, not for %s: name a %s"
            .formatted(binary, other, wanted, wanted.binary()),
        unavailable(QemuOptions.of(wanted).withBinary(binary)));
  }

  @ParameterizedTest
  @EnumSource
  void anUnknownDeviceIsRefusedInQemusWords(QemuArchitecture architecture) throws Exception {
    assertRefused(
        QemuOptions.of(architecture).withDevices("no-such-device"),
        "'no-such-device' is not a valid device model name");
  }

  @Test
  void aTakenPortIsRefusedInQemusWords() throws Exception {
    try (var taken = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      assertRefused(
          RISCV64.withNetdevs(
              "dgram,id=net0,remote.type=inet,remote.host=127.0.0.1,remote.port=9,"
                  + "local.type=inet,local.host=127.0.0.1,local.port="
                  + taken.getLocalPort()),
          "Address already in use");
    }
  }

  @Test
  void aCaptureThatCannotBeWrittenIsRefusedInQemusWords() throws Exception {
    assertRefused(
        RISCV64.withArguments("-object", "filter-dump,id=dump,netdev=net0,file=" + folder),
        "Is a directory");
  }

  @Test
  void aQemuThatEndsInsteadOfStartingIsQuoted() throws Exception {
    Path binary = QemuBinary.find(RISCV64).path();
    Path fails =
        script(
            """
            case $* in *"-qmp stdio") exec %s "$@" ;; esac
            echo 'no such luck' >&2
            exit 3
            """
                .formatted(binary));
    var refused =
        assertThrows(
            MachineException.class, () -> QemuMachine.start(RISCV64.withBinary(fails)).close());
    assertTrue(
        String.valueOf(refused.getMessage())
            .matches(
                "QEMU does not start: QEMU \\(process \\d+\\) ended with code 3: no such luck"),
        refused::getMessage);
  }

  /** Starts a QEMU that refuses; its words are told, and neither process nor folder is left. */
  private void assertRefused(QemuOptions options, String words) throws Exception {
    Path log = folder.resolve("words");
    Path binary = QemuBinary.find(options).path();
    Path noting =
        script(
            """
            printf '%%s\\n' "$@" >%s
            exec %s "$@"
            """
                .formatted(log, binary));
    var refused =
        assertThrows(
            MachineException.class, () -> QemuMachine.start(options.withBinary(noting)).close());
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.startsWith("QEMU does not start: "), message);
    assertTrue(message.contains("ended with code 1: "), message);
    assertTrue(message.contains(words), message);
    List<String> said = Files.readAllLines(log);
    QemuProcess.assertNothingLeft(QemuProcess.folder(said));
  }

  private static String unavailable(QemuOptions options) {
    return String.valueOf(
        assertThrows(MachineUnavailableException.class, () -> QemuMachine.start(options).close())
            .getMessage());
  }

  private Path script(String text) throws IOException {
    Path script = folder.resolve("program");
    Files.writeString(script, "#!/bin/sh\n" + text + "\n");
    return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
  }
}
