package virtionet.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import virtionet.machine.qemu.QemuArchitecture;

/** The options of every command that starts QEMU. */
final class QemuMixin {
  @Option(
      names = "--arch",
      paramLabel = "ARCH",
      defaultValue = "riscv64",
      converter = ArchitectureConverter.class,
      description = "Machine to start: riscv64 or aarch64 (default: ${DEFAULT-VALUE}).")
  private QemuArchitecture architecture = QemuArchitecture.RISCV64;

  @Option(
      names = "--legacy",
      description = "Leave the device as QEMU gives it by itself: with legacy registers.")
  private boolean legacy;

  @Option(
      names = "--qemu",
      paramLabel = "PATH",
      description = "QEMU to start (default: qemu-system-ARCH on the PATH).")
  private @Nullable Path qemu;

  QemuArchitecture architecture() {
    return architecture;
  }

  boolean legacy() {
    return legacy;
  }

  /** The QEMU that was named, if one was. */
  Optional<Path> qemu() {
    return Optional.ofNullable(qemu);
  }
}
