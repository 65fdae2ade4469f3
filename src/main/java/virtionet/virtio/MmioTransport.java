package virtionet.virtio;

import java.util.function.Function;
import virtionet.machine.Registers;

/** What both generations of the virtio-mmio register interface share (VirtIO 1.3 §4.2). */
abstract sealed class MmioTransport implements Transport permits ModernMmio, LegacyMmio {
  /** A device that changes its configuration more often than this while we read never rests. */
  static final int CONFIG_ATTEMPTS = 64;

  final Registers registers;
  private final ConfigSpace config;

  MmioTransport(Registers registers) {
    this.registers = registers;
    config = new MmioConfig(registers);
  }

  @Override
  public final int status() {
    return registers.read32(MmioRegister.STATUS);
  }

  @Override
  public final void setStatus(int status) {
    registers.write32(MmioRegister.STATUS, status);
  }

  final void selectQueue(int queue) {
    registers.write32(MmioRegister.QUEUE_SEL, queue);
  }

  @Override
  public final void notifyQueue(int notification) {
    registers.post32(MmioRegister.QUEUE_NOTIFY, notification);
  }

  @Override
  public final int interruptStatus() {
    return registers.read32(MmioRegister.INTERRUPT_STATUS) & Interrupts.DEFINED;
  }

  @Override
  public final void acknowledgeInterrupts(int bits) {
    registers.write32(MmioRegister.INTERRUPT_ACK, bits & Interrupts.DEFINED);
  }

  @Override
  public final <T> T readConfig(Function<ConfigSpace, T> reader) {
    for (int attempt = 0; attempt < CONFIG_ATTEMPTS; attempt++) {
      T before = null;
      int generation = 0;
      if (isLegacy()) {
        before = reader.apply(config);
      } else {
        generation = registers.read32(MmioRegister.CONFIG_GENERATION);
      }
      T value = reader.apply(config);
      if (isLegacy()
          ? value.equals(before)
          : generation == registers.read32(MmioRegister.CONFIG_GENERATION)) {
        return value;
      }
    }
    throw new VirtioException(
        "the device's configuration space did not come to rest in %d readings: broken device"
            .formatted(CONFIG_ATTEMPTS));
  }

  private record MmioConfig(Registers registers) implements ConfigSpace {
    @Override
    public long size() {
      return registers.size() - MmioRegister.CONFIG;
    }

    @Override
    public int read8(int offset) {
      return registers.read8(MmioRegister.CONFIG + offset);
    }

    @Override
    public int read16(int offset) {
      return registers.read16(MmioRegister.CONFIG + offset);
    }

    @Override
    public int read32(int offset) {
      return registers.read32(MmioRegister.CONFIG + offset);
    }
  }
}
