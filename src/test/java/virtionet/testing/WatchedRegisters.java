package virtionet.testing;

import virtionet.machine.Registers;

/** A device's registers, with a look at each 32-bit access before it is made. */
public final class WatchedRegisters implements Registers {
  private final Registers device;
  private final Watch watch;

  /** Sees an access, and may throw instead of letting it through. */
  public interface Watch {
    void access(long offset, boolean write);
  }

  public WatchedRegisters(Registers device, Watch watch) {
    this.device = device;
    this.watch = watch;
  }

  @Override
  public long size() {
    return device.size();
  }

  @Override
  public int read8(long offset) {
    return device.read8(offset);
  }

  @Override
  public int read16(long offset) {
    return device.read16(offset);
  }

  @Override
  public int read32(long offset) {
    watch.access(offset, false);
    return device.read32(offset);
  }

  @Override
  public void write8(long offset, int value) {
    device.write8(offset, value);
  }

  @Override
  public void write32(long offset, int value) {
    watch.access(offset, true);
    device.write32(offset, value);
  }
}
