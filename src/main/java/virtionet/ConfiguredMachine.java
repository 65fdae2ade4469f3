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
import virtionet.machine.vhost.VhostUserMachine;
import virtionet.machine.vhost.VhostUserOptions;
import virtionet.machine.vhost.VhostUserOptions.HugePagesWish;
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
        case "vhost-user" -> {
          VhostUserOptions options = vhostUser(machine.getConfig("vhost-user"));
          yield () -> VhostUserMachine.open(options);
        }
        default ->
            throw new IllegalArgumentException(
                "type = \"%s\": there are \"qemu\", \"linux\" and \"vhost-user\"".formatted(type));
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

  private static VhostUserOptions vhostUser(Config config) {
    return named(
        "vhost-user",
        () ->
            new VhostUserOptions(
                Path.of(config.getString("socket")),
                named("role", () -> isServer(config.getString("role"))),
                config.getBytes("memory"),
                named("huge-pages", () -> hugePages(config.getString("huge-pages"))),
                config.getDuration("timeout")));
  }

  private static boolean isServer(String role) {
    return switch (role) {
      case "server" -> true;
      case "client" -> false;
      default ->
          throw new IllegalArgumentException(
              "\"%s\": there are \"client\" and \"server\"".formatted(role));
    };
  }

  private static HugePagesWish hugePages(String wish) {
    return switch (wish) {
      case "try" -> HugePagesWish.TRY;
      case "require" -> HugePagesWish.REQUIRE;
      case "never" -> HugePagesWish.NEVER;
      default ->
          throw new IllegalArgumentException(
              "\"%s\": there are \"try\", \"require\" and \"never\"".formatted(wish));
    };
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
