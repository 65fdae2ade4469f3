package virtionet.conformance;

import java.util.ArrayList;
import java.util.List;
import virtionet.machine.ForwardingRegisters;
import virtionet.machine.Registers;

/** Registers that write down each access. Any thread. */
class RegisterLog extends ForwardingRegisters {
  private final List<Access> accesses = new ArrayList<>();

  /** An access: its width in bits, its offset, and what was read or written. */
  record Access(boolean write, int bits, int offset, int value) {
    boolean writes(int register) {
      return write && offset == register;
    }

    boolean reads(int register) {
      return !write && offset == register;
    }

    @Override
    public String toString() {
      return "%s%d 0x%03x 0x%x".formatted(write ? "w" : "r", bits, offset, value);
    }
  }

  RegisterLog(Registers device) {
    super(device);
  }

  /** All accesses until now. */
  synchronized List<Access> accesses() {
    return List.copyOf(accesses);
  }

  /** What was written into a register, in order. */
  List<Integer> written(int register) {
    return accesses().stream()
        .filter(access -> access.writes(register))
        .map(Access::value)
        .toList();
  }

  /** Where in the log this value was first written into a register; fails if nowhere. */
  int firstWrite(int register, int value) {
    List<Access> all = accesses();
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).writes(register) && all.get(i).value() == value) {
        return i;
      }
    }
    throw new AssertionError(
        "0x%x was never written at 0x%03x: %s".formatted(value, register, all));
  }

  private synchronized int note(boolean write, int bits, long offset, int value) {
    accesses.add(new Access(write, bits, (int) offset, value));
    return value;
  }

  @Override
  public int read8(long offset) {
    return note(false, 8, offset, super.read8(offset));
  }

  @Override
  public int read16(long offset) {
    return note(false, 16, offset, super.read16(offset));
  }

  @Override
  public int read32(long offset) {
    return note(false, 32, offset, super.read32(offset));
  }

  @Override
  public void write8(long offset, int value) {
    note(true, 8, offset, value);
    super.write8(offset, value);
  }

  @Override
  public void write32(long offset, int value) {
    note(true, 32, offset, value);
    super.write32(offset, value);
  }
}
