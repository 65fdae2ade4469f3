package virtionet.virtio;

/**
 * Where the three areas of a virtqueue lie in one contiguous region (VirtIO 1.3 §2.6). All offsets
 * in bytes from the region's start.
 */
public sealed interface RingLayout permits SplitRingLayout, PackedRingLayout {
  /** The most descriptors that a virtqueue of either format can have (§2.7, §2.8.10.1). */
  int MAX_SIZE = 32768;

  /** Descriptors in the queue. */
  int size();

  /** Bytes of the whole region. */
  int bytes();

  /** Of the region's device address; a power of two. */
  int alignment();

  /** Descriptor area: the descriptor table, or the descriptor ring. */
  int descriptorArea();

  /** Driver area: the available ring, or the driver's event suppression. */
  int driverArea();

  /** Device area: the used ring, or the device's event suppression. */
  int deviceArea();
}
