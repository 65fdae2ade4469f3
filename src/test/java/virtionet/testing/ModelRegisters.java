package virtionet.testing;

import java.util.function.Consumer;
import virtionet.machine.Registers;

/**
 * The map of a model's registers (VirtIO 1.3 §4.2.2, §4.2.4): each access goes to the part of the
 * device that it concerns. Guarded by its model's lock.
 */
final class ModelRegisters implements Registers {
  private static final int CONFIG = 0x100;
  private static final int VENDOR = 0x554d4551;

  private final ModelSettings settings;
  private final ModelStatus status;
  private final ModelQueues queues;
  private final ModelInterrupts interrupts;
  private final ModelConfig config;
  private final ModelActions actions;
  private final Consumer<String> violations;
  private boolean gone;

  ModelRegisters(
      ModelSettings settings,
      ModelStatus status,
      ModelQueues queues,
      ModelInterrupts interrupts,
      ModelConfig config,
      ModelActions actions,
      Consumer<String> violations) {
    this.settings = settings;
    this.status = status;
    this.queues = queues;
    this.interrupts = interrupts;
    this.config = config;
    this.actions = actions;
    this.violations = violations;
  }

  /** From now on reads bring all ones. */
  void vanish() {
    gone = true;
  }

  @Override
  public long size() {
    return CONFIG + ModelConfig.LENGTH;
  }

  @Override
  public int read8(long offset) {
    return config(offset, 1) & 0xff;
  }

  @Override
  public int read16(long offset) {
    return config(offset, 2) & 0xffff;
  }

  private int config(long offset, int width) {
    if (gone) {
      return -1;
    }
    if (offset < CONFIG || offset % width != 0) {
      violations.accept("read of %d bytes at 0x%x".formatted(width, offset));
      return 0;
    }
    return config.read((int) offset - CONFIG, width);
  }

  @Override
  public int read32(long offset) {
    if (gone) {
      return -1;
    }
    if (offset >= CONFIG) {
      return config(offset, 4);
    }
    return switch ((int) offset) {
      case 0x000 -> settings.magic();
      case 0x004 -> settings.version();
      case 0x008 -> settings.deviceId();
      case 0x00c -> VENDOR;
      case 0x010 -> status.deviceFeatures();
      case 0x034 -> queues.sizeMax();
      case 0x040 -> only(1, offset, queues.page());
      case 0x044 -> only(2, offset, queues.ready());
      case 0x060 -> interrupts.read();
      case 0x070 -> status.value();
      case 0x0c0 -> only(2, offset, queues.resetting());
      case 0x0fc -> only(2, offset, config.generation());
      default -> {
        violations.accept("read of register 0x%x".formatted(offset));
        yield 0;
      }
    };
  }

  private int only(int version, long offset, int value) {
    if (settings.version() != version) {
      violations.accept("register 0x%x of version %d".formatted(offset, version));
    }
    return value;
  }

  @Override
  public void write8(long offset, int value) {
    violations.accept("write of 1 byte at 0x%x".formatted(offset));
  }

  @Override
  public void write32(long offset, int value) {
    switch ((int) offset) {
      case 0x014 -> status.selectDeviceFeatures(value);
      case 0x020 -> status.acceptFeatures(value);
      case 0x024 -> status.selectDriverFeatures(value);
      case 0x028 -> queues.setPageSize(only(1, offset, value));
      case 0x030 -> queues.select(value);
      case 0x038 -> queues.setSize(value);
      case 0x03c -> queues.setAlign(only(1, offset, value));
      case 0x040 -> queues.setPage(only(1, offset, value));
      case 0x044 -> queues.setReady(only(2, offset, value));
      case 0x050 -> actions.notified(value);
      case 0x064 -> interrupts.acknowledge(value);
      case 0x070 -> actions.setStatus(value);
      case 0x0c0 -> {
        queues.startReset(only(2, offset, value));
        if (!settings.has(ModelSettings.Fault.LACKS_QUEUE_RESET)
            && !settings.has(ModelSettings.Fault.QUEUE_NEVER_RESETS)) {
          actions.queueReset();
        }
      }
      case 0x080, 0x084, 0x090, 0x094, 0x0a0, 0x0a4 ->
          queues.setAddress((int) (offset - 0x080) / 0x10, offset % 8 == 4, only(2, offset, value));
      default -> violations.accept("write of register 0x%x".formatted(offset));
    }
  }
}
