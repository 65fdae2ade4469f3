package virtionet;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import virtionet.machine.Machine;
import virtionet.machine.linux.LinuxMachine;
import virtionet.machine.linux.LinuxOptions;
import virtionet.machine.qemu.QemuArchitecture;
import virtionet.machine.qemu.QemuMachine;
import virtionet.machine.qemu.QemuOptions;
import virtionet.virtio.VirtioDevice;

/** Opens the machine that the configuration names. */
final class ConfiguredMachine {
  private ConfiguredMachine() {}

  /**
   * The settings are read at once, so that a wrong one is refused at start; opening comes later.
   *
   * @param resetTimeout how long a device may take that a killed process left running
   * @throws IllegalArgumentException for a wrong one
   */
  static Supplier<Machine> opener(Config machine, Duration resetTimeout) {
    String type = machine.getString("type");
    return switch (type) {
      case "qemu" -> {
        QemuOptions options = qemu(machine.getConfig("qemu"));
        yield () -> QemuMachine.start(options);
      }
      case "linux" -> {
        LinuxOptions options = linux(machine.getConfig("linux"));
        yield () ->
            LinuxMachine.open(options, registers -> VirtioDevice.quiet(registers, resetTimeout));
      }
      default ->
          throw new IllegalArgumentException(
              "virtionet.machine.type = \"%s\": there are \"qemu\" and \"linux\"".formatted(type));
    };
  }

  private static LinuxOptions linux(Config config) {
    return new LinuxOptions(
        config.getStringList("attach"),
        config.getBoolean("force"),
        config.getBytes("memory"),
        Path.of("/"));
  }

  private static QemuOptions qemu(Config config) {
    return new QemuOptions(
        QemuArchitecture.parse(config.getString("arch")),
        Optional.of(config.getString("binary")).filter(path -> !path.isBlank()).map(Path::of),
        config.getBytes("memory"),
        config.getBoolean("legacy"),
        config.getStringList("netdev"),
        config.getStringList("device"),
        config.getStringList("arguments"));
  }
}
