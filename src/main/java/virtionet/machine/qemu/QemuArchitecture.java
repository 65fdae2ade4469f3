package virtionet.machine.qemu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A {@code virt} machine of QEMU: what differs between the architectures. */
public enum QemuArchitecture {
  RISCV64(
      "qemu-system-riscv64",
      "qemu-system-misc",
      0x8000_0000L,
      "riscv.sifive.plic",
      true,
      // wfi; j .-4
      0xffdff06f_10500073L),
  AARCH64(
      "qemu-system-aarch64",
      "qemu-system-arm",
      0x4000_0000L,
      "arm_gic",
      false,
      // wfi; b .-4
      0x17ffffff_d503207fL);

  /** Clear of the device tree that QEMU puts at the start of an Arm machine's memory. */
  private static final long AARCH64_IDLE_ADDRESS = 0x4020_0000L;

  private final String binary;
  private final String debianPackage;
  private final long ramBase;
  private final String interruptController;
  private final boolean coherentUnlessSaid;
  private final long idleCode;

  QemuArchitecture(
      String binary,
      String debianPackage,
      long ramBase,
      String interruptController,
      boolean coherentUnlessSaid,
      long idleCode) {
    this.binary = binary;
    this.debianPackage = debianPackage;
    this.ramBase = ramBase;
    this.interruptController = interruptController;
    this.coherentUnlessSaid = coherentUnlessSaid;
    this.idleCode = idleCode;
  }

  /**
   * Reads QEMU's name for it.
   *
   * @throws IllegalArgumentException for a name that is none of ours
   */
  public static QemuArchitecture parse(String name) {
    return Stream.of(values())
        .filter(architecture -> architecture.toString().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "'%s' is no architecture that the driver knows: there is %s"
                        .formatted(
                            name,
                            Stream.of(values())
                                .map(QemuArchitecture::toString)
                                .collect(Collectors.joining(", ")))));
  }

  /** QEMU's program for it. */
  public String binary() {
    return binary;
  }

  /** The Debian package that brings the program. */
  public String debianPackage() {
    return debianPackage;
  }

  /** Where the machine's memory begins, as its devices see it. */
  long ramBase() {
    return ramBase;
  }

  /** QEMU's type of the interrupt controller whose inputs are listened to. */
  String interruptController() {
    return interruptController;
  }

  /** What this architecture's device tree means when it says nothing of DMA coherence. */
  boolean coherentUnlessSaid() {
    return coherentUnlessSaid;
  }

  /** A loop that sleeps: the processor has nothing to do, and is to take no time for it. */
  byte[] idleCode() {
    ByteBuffer code = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    code.putLong(idleCode);
    return code.array();
  }

  /** The words that let the processor run the code in this file. */
  List<String> idleArguments(Path code) {
    return switch (this) {
      case RISCV64 -> List.of("-bios", code.toString());
      case AARCH64 ->
          List.of(
              "-cpu",
              "cortex-a57",
              "-device",
              "loader,file=%s,addr=0x%x,cpu-num=0,force-raw=on"
                  .formatted(code, AARCH64_IDLE_ADDRESS));
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
