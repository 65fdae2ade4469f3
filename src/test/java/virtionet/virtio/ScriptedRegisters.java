package virtionet.virtio;

import java.util.ArrayList;
import java.util.List;
import virtionet.machine.Registers;

/** Registers that write down each access, and answer as a test wants. */
abstract class ScriptedRegisters implements Registers {
  private final List<String> accesses = new ArrayList<>();

  /** What a read brings. */
  abstract int answer(long offset);

  /** Each access since the last call: width, direction, offset, and what was written. */
  List<String> taken() {
    List<String> taken = List.copyOf(accesses);
    accesses.clear();
    return taken;
  }

  private int read(int width, long offset) {
    accesses.add("r%d 0x%03x".formatted(width, offset));
    return answer(offset);
  }

  @Override
  public long size() {
    return 0x200;
  }

  @Override
  public int read8(long offset) {
    return read(8, offset) & 0xff;
  }

  @Override
  public int read16(long offset) {
    return read(16, offset) & 0xffff;
  }

  @Override
  public int read32(long offset) {
    return read(32, offset);
  }

  @Override
  public void write8(long offset, int value) {
    accesses.add("w8 0x%03x 0x%x".formatted(offset, value));
  }

  @Override
  public void write32(long offset, int value) {
    accesses.add("w32 0x%03x 0x%x".formatted(offset, value));
  }
}
