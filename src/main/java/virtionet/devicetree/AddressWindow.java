package virtionet.devicetree;

/**
 * A stretch of the processor's physical address space.
 *
 * @param address of its first byte, unsigned
 * @param size in bytes, unsigned; 0 where the bus gives no sizes
 */
public record AddressWindow(long address, long size) {

  @Override
  public String toString() {
    return "0x%x+0x%x".formatted(address, size);
  }
}
