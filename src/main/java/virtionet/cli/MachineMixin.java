package virtionet.cli;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options of every command that drives a device: which machine, and which of its devices. */
final class MachineMixin {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--machine",
      paramLabel = "MACHINE",
      defaultValue = "qemu",
      converter = MachineTypeConverter.class,
      description =
          "qemu: QEMU's device, on this host; linux: a device of the system that this runs in, as"
              + " root; vhost-user: a device of another process, such as DPDK's, at --socket"
              + " (default: ${DEFAULT-VALUE}).")
  private String machine = "qemu";

  @Option(
      names = "--attach",
      paramLabel = "DEVICE",
      description =
          "With --machine linux: take this device, such as eth0, from the kernel, and give it back"
              + " at the end.")
  private List<String> attach = List.of();

  @Option(names = "--force", description = "Take it even if it carries the default route.")
  private boolean force;

  @Option(
      names = "--socket",
      paramLabel = "PATH",
      description = "With --machine vhost-user: the socket that the back-end listens on.")
  private @Nullable Path socket;

  @Option(
      names = "--server",
      description = "Listen on that socket, and wait for the back-end to connect.")
  private boolean server;

  @Mixin private QemuMixin qemu = new QemuMixin();

  @Option(
      names = "--legacy",
      description = "Leave the device as QEMU gives it by itself: with legacy registers.")
  private boolean legacy;

  /**
   * @throws ParameterException when the options do not go together
   */
  void check() {
    if (machine.equals("qemu") && (force || !attach.isEmpty())) {
      throw new ParameterException(
          spec.commandLine(), "--attach and --force are for --machine linux");
    }
    if (machine.equals("vhost-user") != (socket != null) || (server && socket == null)) {
      throw new ParameterException(
          spec.commandLine(),
          machine.equals("vhost-user")
              ? "--machine vhost-user needs the back-end's --socket"
              : "--socket and --server are for --machine vhost-user");
    }
  }

  /** The settings that these options stand for. */
  Map<String, Object> settings() {
    check();
    Map<String, Object> settings = new HashMap<>();
    settings.put("virtionet.machine.type", machine);
    settings.put("virtionet.machine.linux.attach", attach);
    settings.put("virtionet.machine.linux.force", force);
    if (socket != null) {
      settings.put("virtionet.machine.vhost-user.socket", socket.toString());
      settings.put("virtionet.machine.vhost-user.role", server ? "server" : "client");
    }
    settings.put("virtionet.machine.qemu.arch", qemu.architecture().toString());
    settings.put("virtionet.machine.qemu.legacy", legacy);
    qemu.binary().ifPresent(path -> settings.put("virtionet.machine.qemu.binary", path.toString()));
    return settings;
  }

  /** What is being done while the machine is opened. */
  String opening() {
    return switch (machine) {
      case "linux" -> "Opening this Linux system's devices";
      case "vhost-user" ->
          server
              ? "Waiting for a vhost-user back-end to connect to " + socket
              : "Connecting to the vhost-user back-end at " + socket;
      default ->
          "Starting QEMU: the %s virt machine, %s"
              .formatted(
                  qemu.architecture(),
                  legacy ? "its network device with legacy registers" : "its network device");
    };
  }
}
