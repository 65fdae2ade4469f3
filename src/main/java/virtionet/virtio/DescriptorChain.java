package virtionet.virtio;

import java.util.Arrays;

/**
 * The pieces of one buffer for a virtqueue, device-readable ones first (VirtIO 1.3 §2.7.4.2). Made
 * once and refilled, so that adding a buffer allocates nothing. Not thread-safe.
 */
public final class DescriptorChain {
  private long[] addresses = new long[4];
  private int[] lengths = new int[4];
  private int count;
  private int readable;
  private long writableBytes;
  private long bytes;

  /** Empties the chain. */
  public DescriptorChain clear() {
    count = 0;
    readable = 0;
    writableBytes = 0;
    bytes = 0;
    return this;
  }

  /** Adds a piece for the device to read. */
  public DescriptorChain readable(long address, int length) {
    if (readable != count) {
      throw new IllegalStateException(
          "a device-readable piece after a device-writable one (VirtIO 1.3 §2.7.4.2)");
    }
    append(address, length);
    readable++;
    return this;
  }

  /** Adds a piece for the device to write. */
  public DescriptorChain writable(long address, int length) {
    append(address, length);
    writableBytes += length;
    return this;
  }

  private void append(long address, int length) {
    if (length <= 0) {
      throw new IllegalArgumentException("a piece of " + length + " bytes");
    }
    if (count == addresses.length) {
      addresses = Arrays.copyOf(addresses, 2 * count);
      lengths = Arrays.copyOf(lengths, 2 * count);
    }
    addresses[count] = address;
    lengths[count] = length;
    bytes += length;
    count++;
  }

  int count() {
    return count;
  }

  long address(int piece) {
    return addresses[piece];
  }

  int length(int piece) {
    return lengths[piece];
  }

  boolean isWritable(int piece) {
    return piece >= readable;
  }

  long writableBytes() {
    return writableBytes;
  }

  /** Of all pieces; a chain must stay below 2^32 (§2.7.5.2). */
  long bytes() {
    return bytes;
  }
}
