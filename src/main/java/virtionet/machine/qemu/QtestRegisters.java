package virtionet.machine.qemu;

import virtionet.machine.MachineException;
import virtionet.machine.RegisterAccess;
import virtionet.machine.Registers;

/** Registers reached through QEMU's qtest socket: each access is a line there and a line back. */
final class QtestRegisters implements Registers {
  private final QtestChannel channel;
  private final long base;
  private final long size;

  /**
   * @param base the window's physical address
   * @param size its bytes
   */
  QtestRegisters(QtestChannel channel, long base, long size) {
    this.channel = channel;
    this.base = base;
    this.size = size;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public int read8(long offset) {
    return read("readb", offset, Byte.BYTES) & 0xff;
  }

  @Override
  public int read16(long offset) {
    return read("readw", offset, Short.BYTES) & 0xffff;
  }

  @Override
  public int read32(long offset) {
    return read("readl", offset, Integer.BYTES);
  }

  @Override
  public void write8(long offset, int value) {
    channel.ask(write("writeb", offset, Byte.BYTES, value & 0xff));
  }

  @Override
  public void write32(long offset, int value) {
    channel.ask(write("writel", offset, Integer.BYTES, value));
  }

  @Override
  public void post32(long offset, int value) {
    channel.post(write("writel", offset, Integer.BYTES, value));
  }

  private int read(String command, long offset, int width) {
    RegisterAccess.check(offset, width, size);
    String answer = channel.ask(command + " 0x" + Long.toHexString(base + offset));
    try {
      return (int) Long.parseUnsignedLong(answer.substring(2), 16);
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      throw new MachineException("QEMU answered '" + answer + "' to " + command, e);
    }
  }

  private String write(String command, long offset, int width, int value) {
    RegisterAccess.check(offset, width, size);
    return command + " 0x" + Long.toHexString(base + offset) + " 0x" + Integer.toHexString(value);
  }
}
