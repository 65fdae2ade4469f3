package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The word that takes a device for another word, without a device. */
class AttachCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final Shown shown = new Shown();

  @TempDir private Path folder;

  /** A word that keeps how it was called. */
  @Command(name = "show")
  private static final class Shown implements Runnable {
    @Mixin private MachineMixin machine = new MachineMixin();

    @Option(names = "--count")
    private int count;

    private Map<String, Object> settings = Map.of();
    private boolean fails;

    @Override
    public void run() {
      settings = machine.settings();
      if (fails) {
        throw new EnvironmentException("nothing to show");
      }
    }
  }

  private int run(String line) {
    CommandLine all =
        Main.commandLine(Failures.standard())
            .addSubcommand(shown)
            .setExecutionExceptionHandler(Failures.standard())
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true));
    for (CommandLine word : all.getSubcommands().values()) {
      if (word.getCommandSpec().userObject() instanceof AttachCommand attach) {
        attach.look(folder);
      }
    }
    return all.execute(line.split(" "));
  }

  private void assertMachine(List<String> attached, boolean force) {
    assertEquals("linux", shown.settings.get("virtionet.machine.type"), err::toString);
    assertEquals(attached, shown.settings.get("virtionet.machine.linux.attach"));
    assertEquals(force, shown.settings.get("virtionet.machine.linux.force"));
  }

  @Test
  void whatFollowsTheDeviceRunsOnIt() {
    assertEquals(0, run("attach eth0 show --count 5"));
    assertMachine(List.of("eth0"), false);
    assertEquals(5, shown.count);
  }

  @Test
  void forceIsPassedOn() {
    assertEquals(0, run("attach --force eth0 show"));
    assertMachine(List.of("eth0"), true);
  }

  @Test
  void theWordMayHaveFurtherDevicesAndItsOwnForce() {
    assertEquals(0, run("attach eth0 show --force --attach eth1"));
    assertMachine(List.of("eth0", "eth1"), true);
  }

  @Test
  void itEndsAsTheWordEnds() {
    shown.fails = true;
    assertEquals(3, run("attach eth0 show"));
    assertEquals("virtionet: nothing to show" + System.lineSeparator(), err.toString());
  }

  @Test
  void verboseIsPassedOn() {
    shown.fails = true;
    assertEquals(3, run("attach --verbose eth0 show"));
    assertTrue(err.toString().contains("at virtionet.cli.AttachCommandTest"), err::toString);
  }

  @Test
  void aSystemWithoutDevicesSaysSo() {
    assertEquals(0, run("attach"));
    assertEquals(
        "this system has no virtio-mmio network device" + System.lineSeparator(), out.toString());
  }

  @Test
  void theDevicesAreListedWithTheirInterfaces() throws IOException {
    Path device =
        Files.createDirectories(
            folder.resolve("sys/bus/platform/devices/a003e00.virtio_mmio/virtio0/net/eth0"));
    Files.writeString(device.resolveSibling("../device"), "0x0001\n");
    Path driver = Files.createDirectories(folder.resolve("sys/bus/platform/drivers/virtio-mmio"));
    Files.createSymbolicLink(device.resolveSibling("../../driver").normalize(), driver);
    assertEquals(0, run("attach"));
    Lines.assertInOrder(
        out.toString().lines().toList(),
        List.of(" *device +interface +driver", " *a003e00.virtio_mmio +eth0 +virtio-mmio"));
  }

  @Test
  void aDamagedNoteIsAnErrorThatNamesIt() throws IOException {
    Path notes = Files.createDirectories(folder.resolve("run/virtionet"));
    Files.writeString(notes.resolve("77-1"), "");
    assertEquals(1, run("attach"));
    assertTrue(err.toString().contains("77-1 is damaged: delete it"), err::toString);
  }

  @Test
  void aDeviceThatIsNotThereIsNamed() {
    InProcess probe = InProcess.run("attach", "nothing0");
    assertTrue(probe.code() == 1 || probe.code() == 3, probe::toString);
    assertTrue(
        probe.errors().contains("no device nothing0") || probe.errors().contains("run as root"),
        probe::toString);
  }
}
