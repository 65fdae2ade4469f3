package virtionet.virtio;

import java.lang.foreign.MemorySegment;

/**
 * Tables of descriptors outside of the ring, one of fixed size for each buffer that a queue can
 * hold (VirtIO 1.3 §2.7.5.3, §2.8.7): a buffer of several pieces then takes one descriptor of the
 * ring. Not thread-safe; belongs to one queue, which never reads it back.
 */
final class IndirectTables {
  /**
   * Pieces of a table: what a frame of 64 KiB takes in buffers of 2 KiB, with its header and some
   * to spare.
   */
  private static final int MOST_PIECES = 36;

  private static final int DESCRIPTOR_BYTES = SplitRingLayout.DESCRIPTOR_BYTES;

  private final MemorySegment memory;
  private final long deviceAddress;
  private final int pieces;

  /**
   * @param memory of {@link #bytes}
   * @param deviceAddress of its first byte, aligned to 16
   * @param pieces that a table holds
   */
  IndirectTables(MemorySegment memory, long deviceAddress, int pieces) {
    this.memory = memory;
    this.deviceAddress = deviceAddress;
    this.pieces = pieces;
  }

  /**
   * Pieces of each table for a queue of that size and chains of that length at the most: a table
   * may not be longer than the queue (§2.7.5.3.1).
   */
  static int piecesFor(int queueSize, int longestChain) {
    return Math.min(MOST_PIECES, Math.min(queueSize, longestChain));
  }

  /** Bytes for a table of so many pieces for each descriptor of a queue. */
  static long bytes(int queueSize, int pieces) {
    return (long) queueSize * pieces * DESCRIPTOR_BYTES;
  }

  /** Whether the chain gains by a table and fits into one; else it goes into the ring directly. */
  boolean suits(DescriptorChain chain) {
    return chain.count() > 1 && chain.count() <= pieces;
  }

  private long offset(int table) {
    return (long) table * pieces * DESCRIPTOR_BYTES;
  }

  /** Where the device finds a table. */
  long deviceAddress(int table) {
    return deviceAddress + offset(table);
  }

  /** Bytes of a chain in its table. */
  static int bytesOf(DescriptorChain chain) {
    return chain.count() * DESCRIPTOR_BYTES;
  }

  /** Fills a split queue's table: its descriptors are linked, one after the other. */
  void fillSplit(int table, DescriptorChain chain) {
    int count = chain.count();
    for (int piece = 0; piece < count; piece++) {
      boolean last = piece == count - 1;
      int flags = chain.isWritable(piece) ? SplitRingLayout.DESCRIPTOR_F_WRITE : 0;
      long at = write(table, chain, piece);
      memory.set(
          BaseVirtqueue.U16,
          at + SplitRingLayout.DESCRIPTOR_FLAGS,
          (short) (last ? flags : flags | SplitRingLayout.DESCRIPTOR_F_NEXT));
      memory.set(
          BaseVirtqueue.U16, at + SplitRingLayout.DESCRIPTOR_NEXT, (short) (last ? 0 : piece + 1));
    }
  }

  /** Fills a packed queue's table: no flag but WRITE may stand there (§2.8.19). */
  void fillPacked(int table, DescriptorChain chain) {
    for (int piece = 0; piece < chain.count(); piece++) {
      long at = write(table, chain, piece);
      memory.set(BaseVirtqueue.U16, at + PackedRingLayout.DESCRIPTOR_ID, (short) 0);
      memory.set(
          BaseVirtqueue.U16,
          at + PackedRingLayout.DESCRIPTOR_FLAGS,
          (short) (chain.isWritable(piece) ? PackedRingLayout.DESCRIPTOR_F_WRITE : 0));
    }
  }

  /** Address and length stand alike in both formats. */
  private long write(int table, DescriptorChain chain, int piece) {
    long at = offset(table) + (long) DESCRIPTOR_BYTES * piece;
    memory.set(BaseVirtqueue.U64, at + SplitRingLayout.DESCRIPTOR_ADDRESS, chain.address(piece));
    memory.set(BaseVirtqueue.U32, at + SplitRingLayout.DESCRIPTOR_LENGTH, chain.length(piece));
    return at;
  }
}
