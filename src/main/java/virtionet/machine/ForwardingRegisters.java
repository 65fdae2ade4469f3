package virtionet.machine;

/**
 * A device's registers, but for what is overridden. Doorbells come to {@link #write32}, too, unless
 * {@link #post32} is overridden.
 */
public class ForwardingRegisters implements Registers {
  private final Registers device;

  public ForwardingRegisters(Registers device) {
    this.device = device;
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
    return device.read32(offset);
  }

  @Override
  public void write8(long offset, int value) {
    device.write8(offset, value);
  }

  @Override
  public void write32(long offset, int value) {
    device.write32(offset, value);
  }
}
