package virtionet.testing;

import java.util.function.Consumer;

/** Why a model raises its line, and the line (VirtIO 1.3 §4.2.2). Guarded by its model's lock. */
final class ModelInterrupts {
  private static final int USED_BUFFER = 1;
  private static final int CONFIG_CHANGE = 2;

  private final ModelInterruptLine line = new ModelInterruptLine();
  private final Consumer<String> violations;
  private int status;
  private int reads;

  ModelInterrupts(Consumer<String> violations) {
    this.violations = violations;
  }

  ModelInterruptLine line() {
    return line;
  }

  /** How often the driver has asked why the line is up. */
  int reads() {
    return reads;
  }

  /** What the driver reads. */
  int read() {
    reads++;
    return status;
  }

  /** Raises the line with these causes; 0 only raises the line, if it is not yet up. */
  void raise(int causes) {
    status |= causes;
    line.level(true);
    if (causes == 0) {
      line.level(status != 0);
    }
  }

  void configurationChanged() {
    raise(CONFIG_CHANGE);
  }

  /** Raises an interrupt for a queue if the driver wants one. */
  void signal(DeviceSideRing ring) {
    if (ring.wantsInterrupt()) {
      raise(USED_BUFFER);
    }
  }

  void acknowledge(int causes) {
    if ((causes & ~status) != 0) {
      violations.accept("acknowledges 0x%x of 0x%x".formatted(causes, status));
    }
    status &= ~causes;
    line.level(status != 0);
  }

  void reset() {
    status = 0;
    line.level(false);
  }
}
