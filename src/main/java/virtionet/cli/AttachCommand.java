package virtionet.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import virtionet.machine.linux.LinuxDevice;
import virtionet.machine.linux.LinuxMachine;
import virtionet.virtio.VirtioDevice;

/** Takes a device of this Linux system for the time of another word. */
@Command(
    name = "attach",
    description = {
      "Lists this Linux system's virtio-mmio devices or, given one, takes it from the kernel, runs"
          + " a word on it, and gives it back, also after Ctrl-C.",
      "What a killed run left is set right first."
    })
final class AttachCommand implements Callable<Integer> {
  private static final Duration RESET_TIMEOUT = Duration.ofSeconds(1);

  @Spec private CommandSpec spec = CommandSpec.create();

  private Path root = Path.of("/");

  @Option(names = "--force", description = "Take it even if it carries the default route.")
  private boolean force;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "DEVICE",
      description = "Its interface, such as eth0, or its slot; none: list those that there are.")
  private @Nullable String device;

  @Parameters(
      index = "1..*",
      paramLabel = "WORD",
      description = "What to run on it, with its options: demo, probe or ping (default: probe).")
  private List<String> words = List.of();

  /** Lists another system's devices than this one's. */
  void look(Path anotherRoot) {
    root = anotherRoot;
  }

  @Override
  public Integer call() {
    if (device == null) {
      list();
      return ExitCode.DONE.number();
    }
    List<String> line = new ArrayList<>(words.isEmpty() ? List.of("probe") : words);
    line.addAll(1, List.of("--machine", "linux", "--attach", device));
    if (force) {
      line.add(1, "--force");
    }
    if (VirtionetCommand.of(spec.commandLine()).verbose()) {
      line.add("--verbose");
    }
    CommandLine all = spec.root().commandLine();
    return all.execute(line.toArray(String[]::new));
  }

  private void list() {
    var screen = new Screen(spec.commandLine());
    for (String name :
        LinuxMachine.clearLeftovers(
            root, registers -> VirtioDevice.quiet(registers, RESET_TIMEOUT))) {
      screen.line("%s was left by a process that was killed: it is given back to the kernel", name);
    }
    List<List<String>> rows = new ArrayList<>();
    for (LinuxDevice found : LinuxDevice.list(root)) {
      rows.add(
          List.of(
              found.name(),
              found.networkInterface().orElse("-"),
              found.driver().orElse("-"),
              found.note()));
    }
    if (rows.isEmpty()) {
      screen.line("this system has no virtio-mmio network device");
    } else {
      screen.table(List.of("device", "interface", "driver", ""), rows);
    }
  }
}
