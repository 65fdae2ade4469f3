package virtionet.testing;

import java.lang.foreign.MemorySegment;

/**
 * Memory as a device sees it. A driver that sends a device outside of it is told so at once.
 *
 * @param block all that the device can reach
 * @param base the device's address of its first byte
 */
public record DeviceView(MemorySegment block, long base) {

  /** The bytes at a device address. */
  public MemorySegment at(long address, long length) {
    long offset = address - base;
    if (offset < 0 || length < 0 || offset + length > block.byteSize()) {
      throw new AssertionError(
          "the driver sent the device to 0x%x, %d bytes, outside of its memory"
              .formatted(address, length));
    }
    return block.asSlice(offset, length);
  }
}
