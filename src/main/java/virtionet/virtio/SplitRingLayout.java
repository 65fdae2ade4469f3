package virtionet.virtio;

/**
 * Where the parts of a split virtqueue lie in one contiguous region (VirtIO 1.3 §2.7, legacy
 * §2.7.2): descriptor table, available ring, padding, used ring. The modern interface would allow
 * three separate places; one layout serves both. All offsets in bytes.
 */
public final class SplitRingLayout implements RingLayout {
  /** Of the region's device address: the strictest of the three parts (§2.7). */
  static final int ALIGNMENT = 16;

  // A descriptor (§2.7.5).
  static final int DESCRIPTOR_BYTES = 16;
  static final int DESCRIPTOR_ADDRESS = 0; // u64
  static final int DESCRIPTOR_LENGTH = 8; // u32
  static final int DESCRIPTOR_FLAGS = 12; // u16
  static final int DESCRIPTOR_NEXT = 14; // u16

  static final short DESCRIPTOR_F_NEXT = 1;
  static final short DESCRIPTOR_F_WRITE = 2;
  static final short DESCRIPTOR_F_INDIRECT = 4;

  // The available ring (§2.7.6), from driverArea on.
  static final int AVAILABLE_FLAGS = 0; // u16
  static final int AVAILABLE_INDEX = 2; // u16
  static final int AVAILABLE_ENTRIES = 4; // u16 each
  static final short AVAILABLE_F_NO_INTERRUPT = 1;

  // The used ring (§2.7.8), from deviceArea on.
  static final int USED_FLAGS = 0; // u16
  static final int USED_INDEX = 2; // u16
  static final int USED_ENTRIES = 4;
  static final int USED_ENTRY_BYTES = 8;
  static final int USED_ENTRY_ID = 0; // u32
  static final int USED_ENTRY_LENGTH = 4; // u32
  static final short USED_F_NO_NOTIFY = 1;

  private final int size;
  private final int usedAlignment;

  /**
   * @param size descriptors, a power of two up to {@link #MAX_SIZE}
   * @param usedAlignment a power of two, at least 4
   */
  public SplitRingLayout(int size, int usedAlignment) {
    if (size < 1 || size > MAX_SIZE || Integer.bitCount(size) != 1) {
      throw new IllegalArgumentException(
          "queue size " + size + ": a split virtqueue has a power of two up to " + MAX_SIZE);
    }
    if (usedAlignment < 4 || Integer.bitCount(usedAlignment) != 1) {
      throw new IllegalArgumentException("used ring alignment " + usedAlignment);
    }
    this.size = size;
    this.usedAlignment = usedAlignment;
  }

  @Override
  public int size() {
    return size;
  }

  /** Alignment of the used ring, and so of the region when it is more than {@link #ALIGNMENT}. */
  public int usedAlignment() {
    return usedAlignment;
  }

  @Override
  public int alignment() {
    return Math.max(ALIGNMENT, usedAlignment);
  }

  @Override
  public int descriptorArea() {
    return 0;
  }

  /** The available ring. */
  @Override
  public int driverArea() {
    return DESCRIPTOR_BYTES * size;
  }

  /** Where the driver says which used entry it wants an interrupt for (EVENT_IDX). */
  int usedEvent() {
    return driverArea() + AVAILABLE_ENTRIES + 2 * size;
  }

  /** The used ring. */
  @Override
  public int deviceArea() {
    int end = usedEvent() + 2;
    return (end + usedAlignment - 1) & -usedAlignment;
  }

  /** Where the device says which available entry it wants a doorbell for (EVENT_IDX). */
  int availableEvent() {
    return deviceArea() + USED_ENTRIES + USED_ENTRY_BYTES * size;
  }

  /** Legacy rounds the used ring's end up as well (§2.7.2). */
  @Override
  public int bytes() {
    int end = availableEvent() + 2;
    return (end + usedAlignment - 1) & -usedAlignment;
  }
}
