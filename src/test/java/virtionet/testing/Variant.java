package virtionet.testing;

import virtionet.machine.qemu.QemuArchitecture;
import virtionet.machine.qemu.QemuOptions;

/** The machines and register interfaces that everything must work on. */
public enum Variant {
  RISCV64_MODERN(QemuArchitecture.RISCV64, false),
  RISCV64_LEGACY(QemuArchitecture.RISCV64, true),
  AARCH64_MODERN(QemuArchitecture.AARCH64, false),
  AARCH64_LEGACY(QemuArchitecture.AARCH64, true);

  private final QemuArchitecture architecture;
  private final boolean legacy;

  Variant(QemuArchitecture architecture, boolean legacy) {
    this.architecture = architecture;
    this.legacy = legacy;
  }

  public QemuArchitecture architecture() {
    return architecture;
  }

  public boolean legacy() {
    return legacy;
  }

  /** One network card on QEMU's user network. */
  public QemuOptions options() {
    return QemuOptions.of(architecture).withLegacy(legacy);
  }

  /** One network card on this wire. */
  public QemuOptions options(Wire wire) {
    return options().withNetdevs(wire.netdev("net0"));
  }
}
