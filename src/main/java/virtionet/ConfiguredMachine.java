package virtionet;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import virtionet.machine.Machine;
import virtionet.machine.qemu.QemuArchitecture;
import virtionet.machine.qemu.QemuMachine;
import virtionet.machine.qemu.QemuOptions;

/** Opens the machine that the configuration names. */
final class ConfiguredMachine {
  private ConfiguredMachine() {}

  /**
   * The settings are read at once, so that a wrong one is refused at start; opening comes later.
   *
   * @throws IllegalArgumentException for a wrong one
   */
  static Supplier<Machine> opener(Config machine) {
    String type = machine.getString("type");
    if (!type.equals("qemu")) {
      throw new IllegalArgumentException(
          "virtionet.machine.type = \"%s\": there is \"qemu\"".formatted(type));
    }
    QemuOptions options = qemu(machine.getConfig("qemu"));
    return () -> QemuMachine.start(options);
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
