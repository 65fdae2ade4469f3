package virtionet.virtio;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import virtionet.machine.DeviceMemory;
import virtionet.machine.DeviceRegion;

/** Makes virtqueues of the kind that the accepted features ask for. */
public final class Virtqueues {
  private static final int TABLE_ALIGNMENT = 16;

  private Virtqueues() {}

  /**
   * The size of a queue: what is wanted, or what the device allows if that is less.
   *
   * @param wanted descriptors, a power of two up to {@link RingLayout#MAX_SIZE}
   * @param largest that the device allows, unsigned, more than 0
   */
  public static int size(int wanted, long largest, RingFeatures features) {
    // A split ring's size is a power of two (VirtIO 1.3 §2.7), a packed one's need not be (§2.8).
    return (int) Math.min(wanted, features.packed() ? largest : Long.highestOneBit(largest));
  }

  /**
   * Makes a queue in memory of its own; the device knows nothing of it yet.
   *
   * @param index the queue's index at its device
   * @param size descriptors
   * @param longestChain pieces that a chain will have at the most: with INDIRECT_DESC, those of
   *     more than one get tables. A longer one may still be added, and takes a descriptor for each
   *     piece
   * @param usedRingAlignment bytes; what the transport asks for
   * @throws virtionet.machine.MachineException when there is not enough memory
   */
  public static QueueMemory create(
      int index,
      int size,
      int longestChain,
      int usedRingAlignment,
      RingFeatures features,
      DeviceMemory memory) {
    RingLayout layout =
        features.packed()
            ? new PackedRingLayout(size)
            : new SplitRingLayout(size, usedRingAlignment);
    long ringEnd = (layout.bytes() + TABLE_ALIGNMENT - 1L) & -TABLE_ALIGNMENT;
    int pieces = features.indirect() ? IndirectTables.piecesFor(size, longestChain) : 1;
    long tableBytes = pieces > 1 ? IndirectTables.bytes(size, pieces) : 0;
    DeviceRegion region = memory.allocate(ringEnd + tableBytes, layout.alignment());
    MemorySegment ring = region.segment().asSlice(0, layout.bytes());
    IndirectTables tables =
        pieces > 1
            ? new IndirectTables(
                region.segment().asSlice(ringEnd, tableBytes),
                region.deviceAddress() + ringEnd,
                pieces)
            : null;
    return new QueueMemory(create(index, layout, ring, features, tables), layout, region);
  }

  private static Virtqueue create(
      int index,
      RingLayout layout,
      MemorySegment ring,
      RingFeatures features,
      @Nullable IndirectTables tables) {
    return switch (layout) {
      case SplitRingLayout split -> new SplitVirtqueue(index, split, ring, features, tables, 0);
      case PackedRingLayout packed -> new PackedVirtqueue(index, packed, ring, features, tables);
    };
  }
}
