package virtionet.machine.qemu;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Which QEMU to start.
 *
 * @param binary the program; empty: the architecture's on the PATH
 * @param memory bytes of RAM; at least 32 MiB
 * @param legacy whether devices have the legacy register interface, which is QEMU's own default
 * @param netdevs values of {@code -netdev}
 * @param devices values of {@code -device}
 * @param arguments further words
 */
public record QemuOptions(
    QemuArchitecture architecture,
    Optional<Path> binary,
    long memory,
    boolean legacy,
    List<String> netdevs,
    List<String> devices,
    List<String> arguments) {
  private static final long MIB = 1L << 20;
  private static final long SMALLEST_MEMORY = 32 * MIB;

  public QemuOptions {
    if (memory < SMALLEST_MEMORY || memory % MIB != 0) {
      throw new IllegalArgumentException(
          "memory of %d bytes: must be whole MiB, at least %d"
              .formatted(memory, SMALLEST_MEMORY / MIB));
    }
    netdevs = List.copyOf(netdevs);
    devices = List.copyOf(devices);
    arguments = List.copyOf(arguments);
  }

  /** One modern network card on QEMU's user network, 64 MiB. */
  public static QemuOptions of(QemuArchitecture architecture) {
    return new QemuOptions(
        architecture,
        Optional.empty(),
        64 * MIB,
        false,
        List.of("user,id=net0"),
        List.of("virtio-net-device,netdev=net0"),
        List.of());
  }

  public QemuOptions withBinary(Path newBinary) {
    return new QemuOptions(
        architecture, Optional.of(newBinary), memory, legacy, netdevs, devices, arguments);
  }

  public QemuOptions withLegacy(boolean newLegacy) {
    return new QemuOptions(architecture, binary, memory, newLegacy, netdevs, devices, arguments);
  }

  public QemuOptions withNetdevs(String... newNetdevs) {
    return new QemuOptions(
        architecture, binary, memory, legacy, List.of(newNetdevs), devices, arguments);
  }

  public QemuOptions withDevices(String... newDevices) {
    return new QemuOptions(
        architecture, binary, memory, legacy, netdevs, List.of(newDevices), arguments);
  }

  public QemuOptions withArguments(String... newArguments) {
    return new QemuOptions(
        architecture, binary, memory, legacy, netdevs, devices, List.of(newArguments));
  }

  long mebibytes() {
    return memory / MIB;
  }
}
