package virtionet.fuzz;

import java.util.HashMap;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import virtionet.machine.ForwardingRegisters;
import virtionet.machine.Registers;

/**
 * Registers that lie for a number of readings, and may not hear of a reset. Guarded by the device,
 * which takes part in each access.
 */
final class FuzzedRegisters extends ForwardingRegisters {
  private static final long STATUS = 0x070;
  private static final long QUEUE_RESET = 0x0c0;

  private static final class Lie {
    private final IntUnaryOperator made;
    private int readings;

    Lie(IntUnaryOperator made, int readings) {
      this.made = made;
      this.readings = readings;
    }
  }

  /** The device behind them. */
  interface Device {
    /** Whether it has lied since the last reset; then it need not understand its driver either. */
    boolean isSuspect();

    /** Whether it does not heed what is written, but for a reset. */
    boolean isDeaf();

    /** A lie was told. */
    void lied();

    /** The driver is about to reset it. */
    void beforeReset();

    /** The driver has reset it. */
    void afterReset();

    /** The driver resets a queue alone. */
    void afterQueueReset();
  }

  private final Object lock;
  private final Device device;
  private final Map<Long, Lie> lies = new HashMap<>();
  private int goneFor;
  private int deafTo;

  FuzzedRegisters(Registers registers, Object lock, Device device) {
    super(registers);
    this.lock = lock;
    this.device = device;
  }

  /** So many readings of the register bring what this makes of the truth. */
  void lie(long offset, int readings, IntUnaryOperator made) {
    lies.put(offset, new Lie(made, readings));
  }

  /** So many readings, of whichever register, bring all ones. */
  void vanish(int readings) {
    goneFor = readings;
  }

  /** So many resets are not done. */
  void ignoreResets(int resets) {
    deafTo = resets;
  }

  void beHonest() {
    lies.clear();
    goneFor = 0;
    deafTo = 0;
  }

  private interface Reading {
    int value();
  }

  private int told(long offset, Reading reading) {
    synchronized (lock) {
      int truth = 0;
      try {
        truth = reading.value();
      } catch (AssertionError | RuntimeException e) {
        // A device that has lost its way answers anything.
        rethrowFromSound(e);
      }
      if (goneFor > 0) {
        goneFor--;
        device.lied();
        return -1;
      }
      Lie lie = lies.get(offset);
      if (lie == null) {
        return truth;
      }
      if (--lie.readings <= 0) {
        lies.remove(offset);
      }
      device.lied();
      return lie.made.applyAsInt(truth);
    }
  }

  private void rethrowFromSound(Throwable problem) {
    if (!device.isSuspect()) {
      throw new AssertionError("the device says: " + problem.getMessage(), problem);
    }
  }

  @Override
  public int read8(long offset) {
    return told(offset, () -> super.read8(offset)) & 0xff;
  }

  @Override
  public int read16(long offset) {
    return told(offset, () -> super.read16(offset)) & 0xffff;
  }

  @Override
  public int read32(long offset) {
    return told(offset, () -> super.read32(offset));
  }

  @Override
  public void write32(long offset, int value) {
    synchronized (lock) {
      boolean reset = offset == STATUS && value == 0;
      if (reset && deafTo > 0) {
        deafTo--;
        device.lied();
        return;
      }
      if (reset) {
        device.beforeReset();
      } else if (device.isDeaf()) {
        return;
      }
      try {
        super.write32(offset, value);
      } catch (AssertionError | RuntimeException e) {
        rethrowFromSound(e);
      }
      if (reset) {
        device.afterReset();
      } else if (offset == QUEUE_RESET) {
        device.afterQueueReset();
      }
    }
  }
}
