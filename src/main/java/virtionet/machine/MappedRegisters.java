package virtionet.machine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A register window that is mapped into this process. Each access is one load or store of exactly
 * its width: volatile, so that it is neither merged, repeated nor left out, and so that accesses to
 * registers and to the rings in memory stay in the order of the program.
 */
public final class MappedRegisters implements Registers {
  private static final VarHandle U8 = ValueLayout.JAVA_BYTE.varHandle();
  private static final VarHandle U16 =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
  private static final VarHandle U32 =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

  private final MemorySegment window;

  /**
   * @param window exactly the device's registers, aligned to 4 bytes
   */
  public MappedRegisters(MemorySegment window) {
    if (window.address() % Integer.BYTES != 0) {
      throw new IllegalArgumentException(
          "a register window at 0x%x: must be aligned to 4 bytes".formatted(window.address()));
    }
    this.window = window;
  }

  @Override
  public long size() {
    return window.byteSize();
  }

  @Override
  public int read8(long offset) {
    RegisterAccess.check(offset, Byte.BYTES, size());
    return Byte.toUnsignedInt((byte) U8.getVolatile(window, offset));
  }

  @Override
  public int read16(long offset) {
    RegisterAccess.check(offset, Short.BYTES, size());
    return Short.toUnsignedInt((short) U16.getVolatile(window, offset));
  }

  @Override
  public int read32(long offset) {
    RegisterAccess.check(offset, Integer.BYTES, size());
    return (int) U32.getVolatile(window, offset);
  }

  @Override
  public void write8(long offset, int value) {
    RegisterAccess.check(offset, Byte.BYTES, size());
    U8.setVolatile(window, offset, (byte) value);
  }

  @Override
  public void write32(long offset, int value) {
    RegisterAccess.check(offset, Integer.BYTES, size());
    U32.setVolatile(window, offset, value);
  }
}
