package virtionet.virtio;

/**
 * Where the parts of a packed virtqueue lie in one contiguous region (VirtIO 1.3 §2.8): the
 * descriptor ring, and the two event suppression structures, each on a cache line of its own since
 * each side writes one while the other reads it. All offsets in bytes.
 *
 * @param size descriptors, from 1 to {@link RingLayout#MAX_SIZE}; not only powers of two
 */
public record PackedRingLayout(int size) implements RingLayout {
  /** More than the parts ask for (§2.8.10.1: 16, 4, 4). */
  static final int CACHE_LINE = 64;

  // A descriptor (§2.8.13).
  static final int DESCRIPTOR_BYTES = 16;
  static final int DESCRIPTOR_ADDRESS = 0; // u64
  static final int DESCRIPTOR_LENGTH = 8; // u32
  static final int DESCRIPTOR_ID = 12; // u16
  static final int DESCRIPTOR_FLAGS = 14; // u16

  static final int DESCRIPTOR_F_NEXT = 1;
  static final int DESCRIPTOR_F_WRITE = 2;
  static final int DESCRIPTOR_F_INDIRECT = 4;
  static final int DESCRIPTOR_F_AVAILABLE = 1 << 7;
  static final int DESCRIPTOR_F_USED = 1 << 15;

  // Event suppression (§2.8.14), read and written as the one u32 that it is aligned to.
  static final int EVENT_BYTES = 4;
  static final int EVENT_OFFSET = 0x7fff;
  static final int EVENT_WRAP_SHIFT = 15;
  static final int EVENT_FLAGS_SHIFT = 16;
  static final int EVENT_FLAGS = 3;
  static final int EVENT_ENABLE = 0;
  static final int EVENT_DISABLE = 1;

  /** At the descriptor that offset and wrap counter name; only with EVENT_IDX. */
  static final int EVENT_AT_DESCRIPTOR = 2;

  public PackedRingLayout {
    if (size < 1 || size > MAX_SIZE) {
      throw new IllegalArgumentException(
          "queue size " + size + ": a packed virtqueue has 1 to " + MAX_SIZE + " descriptors");
    }
  }

  @Override
  public int alignment() {
    return CACHE_LINE;
  }

  @Override
  public int descriptorArea() {
    return 0;
  }

  @Override
  public int driverArea() {
    return (DESCRIPTOR_BYTES * size + CACHE_LINE - 1) & -CACHE_LINE;
  }

  @Override
  public int deviceArea() {
    return driverArea() + CACHE_LINE;
  }

  @Override
  public int bytes() {
    return deviceArea() + EVENT_BYTES;
  }
}
