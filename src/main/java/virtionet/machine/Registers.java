package virtionet.machine;

/**
 * A window of device registers. Offsets are in bytes from its start; values are little-endian on
 * the bus and native here; each access is one bus access of exactly that width (VirtIO 1.3
 * §4.2.2.2).
 *
 * <p>Accesses of one thread reach the device in program order. A {@code read} or {@code write}
 * returns when the device has seen it. Any thread may call; who owns the device serialises them.
 *
 * <p>Every method throws {@link IndexOutOfBoundsException} for an access outside the window, {@link
 * IllegalArgumentException} for a misaligned one, and {@link MachineException} when the machine is
 * gone.
 */
public non-sealed interface Registers extends DeviceAccess {

  /** Bytes in the window. */
  long size();

  /** Reads an unsigned 8-bit register. */
  int read8(long offset);

  /** Reads an unsigned 16-bit register. */
  int read16(long offset);

  /** Reads a 32-bit register. */
  int read32(long offset);

  /** Writes an 8-bit register. */
  void write8(long offset, int value);

  /** Writes a 32-bit register. */
  void write32(long offset, int value);

  /**
   * Writes a 32-bit register without waiting until the device has seen it: for doorbells. It stays
   * in order with this thread's other accesses, and a machine that loses it completes {@link
   * Machine#lost()}.
   */
  default void post32(long offset, int value) {
    write32(offset, value);
  }
}
