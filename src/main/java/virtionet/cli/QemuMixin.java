package virtionet.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import virtionet.machine.qemu.QemuArchitecture;

/** The options of every command that may start QEMU: which one. */
final class QemuMixin {
  @Option(
      names = "--arch",
      paramLabel = "ARCH",
      defaultValue = "riscv64",
      converter = ArchitectureConverter.class,
      description = "Machine to start: riscv64 or aarch64 (default: ${DEFAULT-VALUE}).")
  private QemuArchitecture architecture = QemuArchitecture.RISCV64;

  @Option(
      names = "--qemu",
      paramLabel = "PATH",
      description = "QEMU to start (default: qemu-system-ARCH on the PATH).")
  private @Nullable Path binary;

  QemuArchitecture architecture() {
    return architecture;
  }

  /** Empty: the one on the PATH. */
  Optional<Path> binary() {
    return Optional.ofNullable(binary);
  }
}
