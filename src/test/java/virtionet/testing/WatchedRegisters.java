package virtionet.testing;

import virtionet.machine.ForwardingRegisters;
import virtionet.machine.Registers;

/** A device's registers, with a look at each 32-bit access before it is made. */
public final class WatchedRegisters extends ForwardingRegisters {
  private final Watch watch;

  /** Sees an access, and may throw instead of letting it through. */
  public interface Watch {
    void access(long offset, boolean write);
  }

  public WatchedRegisters(Registers device, Watch watch) {
    super(device);
    this.watch = watch;
  }

  @Override
  public int read32(long offset) {
    watch.access(offset, false);
    return super.read32(offset);
  }

  @Override
  public void write32(long offset, int value) {
    watch.access(offset, true);
    super.write32(offset, value);
  }
}
