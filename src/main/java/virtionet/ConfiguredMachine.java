package virtionet;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
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
   * @throws IllegalArgumentException for a wrong one
   */
  static Supplier<Machine> opener(VirtioNetSettings settings) {
    try {
      return read(settings.machine(), settings.driver().net().resetTimeout());
    } catch (ConfigException e) {
      throw new IllegalArgumentException(
          "the configuration of virtionet.machine: " + e.getMessage(), e);
    }
  }

  private static Supplier<Machine> read(Config machine, Duration resetTimeout) {
    String type = machine.getString("type");
    try {
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
                "type = \"%s\": there are \"qemu\" and \"linux\"".formatted(type));
      };
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("virtionet.machine.%s".formatted(e.getMessage()), e);
    }
  }

  private static LinuxOptions linux(Config config) {
    return named(
        "linux",
        () ->
            new LinuxOptions(
                config.getStringList("attach"),
                config.getBoolean("force"),
                config.getBytes("memory"),
                Path.of("/")));
  }

  private static QemuArchitecture architecture(String name) {
    return named("arch", () -> QemuArchitecture.parse(name));
  }

  /** Puts the setting's name before what is wrong with it. */
  private static <T> T named(String setting, Supplier<T> reading) {
    try {
      return reading.get();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(setting + ": " + e.getMessage(), e);
    }
  }

  private static QemuOptions qemu(Config config) {
    return named(
        "qemu",
        () ->
            new QemuOptions(
                architecture(config.getString("arch")),
                Optional.of(config.getString("binary"))
                    .filter(path -> !path.isBlank())
                    .map(Path::of),
                config.getBytes("memory"),
                config.getBoolean("legacy"),
                config.getStringList("netdev"),
                config.getStringList("device"),
                config.getStringList("arguments")));
  }
}
