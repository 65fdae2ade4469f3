package virtionet.virtio;

import static virtionet.virtio.SplitRingLayout.AVAILABLE_ENTRIES;
import static virtionet.virtio.SplitRingLayout.AVAILABLE_FLAGS;
import static virtionet.virtio.SplitRingLayout.AVAILABLE_F_NO_INTERRUPT;
import static virtionet.virtio.SplitRingLayout.AVAILABLE_INDEX;
import static virtionet.virtio.SplitRingLayout.DESCRIPTOR_ADDRESS;
import static virtionet.virtio.SplitRingLayout.DESCRIPTOR_BYTES;
import static virtionet.virtio.SplitRingLayout.DESCRIPTOR_FLAGS;
import static virtionet.virtio.SplitRingLayout.DESCRIPTOR_F_INDIRECT;
import static virtionet.virtio.SplitRingLayout.DESCRIPTOR_F_NEXT;
import static virtionet.virtio.SplitRingLayout.DESCRIPTOR_F_WRITE;
import static virtionet.virtio.SplitRingLayout.DESCRIPTOR_LENGTH;
import static virtionet.virtio.SplitRingLayout.DESCRIPTOR_NEXT;
import static virtionet.virtio.SplitRingLayout.USED_ENTRIES;
import static virtionet.virtio.SplitRingLayout.USED_ENTRY_BYTES;
import static virtionet.virtio.SplitRingLayout.USED_FLAGS;
import static virtionet.virtio.SplitRingLayout.USED_F_NO_NOTIFY;
import static virtionet.virtio.SplitRingLayout.USED_INDEX;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import virtionet.virtio.RingViolation.Kind;

/**
 * A split virtqueue (VirtIO 1.3 §2.7).
 *
 * <p>Indices run free modulo 2^16 and are masked only to find a slot; compared for equality with a
 * masked one, a queue would die after its first lap.
 */
final class SplitVirtqueue extends BaseVirtqueue {
  private static final ValueLayout.OfLong UNALIGNED_U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Where the fields lie in a descriptor's second half (§2.7.5). */
  private static final int FLAGS_SHIFT = Byte.SIZE * (DESCRIPTOR_FLAGS - DESCRIPTOR_LENGTH);

  private static final int NEXT_SHIFT = Byte.SIZE * (DESCRIPTOR_NEXT - DESCRIPTOR_LENGTH);

  private final SplitRingLayout layout;
  private final int mask;
  private final int firstIndex;
  private final long availableIndexOffset;
  private final long availableEntries;
  private final long usedIndexOffset;
  private final long usedEntries;

  /**
   * Of each descriptor: the one after it, in its chain or in the free list. With IN_ORDER always
   * the one after it in the table, for which the order in which chains come back makes room
   * (§2.7.5.2).
   */
  private final int[] next;

  private int freeHead;

  /** Index of the next available entry to fill, and the one that the device was last told. */
  private int availableIndex;

  private int publishedIndex;

  /** Index of the next used entry to take, and the device's own index when last read. */
  private int usedIndex;

  private int deviceUsedIndex;

  /** The used entry that was read last. */
  private long usedEntry;

  /**
   * @param index the queue's index at its device
   * @param ring zeroed memory of {@link SplitRingLayout#bytes()}
   * @param tables for chains of more than one piece, where there are any
   * @param firstIndex where both indices start: 0, or near their wrap for tests, against a device
   *     that starts there too
   */
  SplitVirtqueue(
      int index,
      SplitRingLayout layout,
      MemorySegment ring,
      RingFeatures features,
      @Nullable IndirectTables tables,
      int firstIndex) {
    super(index, layout, ring, features, tables);
    this.layout = layout;
    this.firstIndex = firstIndex & 0xffff;
    mask = size - 1;
    availableIndexOffset = (long) layout.driverArea() + AVAILABLE_INDEX;
    availableEntries = (long) layout.driverArea() + AVAILABLE_ENTRIES;
    usedIndexOffset = (long) layout.deviceArea() + USED_INDEX;
    usedEntries = (long) layout.deviceArea() + USED_ENTRIES;
    next = new int[size];
    restart();
  }

  @Override
  void restart() {
    for (int i = 0; i < size; i++) {
      next[i] = (i + 1) & mask;
    }
    freeHead = 0;
    availableIndex = firstIndex;
    publishedIndex = firstIndex;
    usedIndex = firstIndex;
    deviceUsedIndex = firstIndex;
    ring.set(U16, availableIndexOffset, (short) firstIndex);
    ring.set(U16, usedIndexOffset, (short) firstIndex);
  }

  @Override
  int place(DescriptorChain chain, @Nullable IndirectTables table) {
    int head = freeHead;
    if (table != null) {
      table.fillSplit(head, chain);
      int bytes = IndirectTables.bytesOf(chain);
      write(head, table.deviceAddress(head), bytes, DESCRIPTOR_F_INDIRECT, 0);
      freeHead = next[head];
    } else {
      freeHead = placeDirectly(head, chain);
    }
    fillEntry(head);
    return head;
  }

  @Override
  int place(long address, int length, boolean writable) {
    int head = freeHead;
    write(head, address, length, writable ? DESCRIPTOR_F_WRITE : 0, 0);
    freeHead = next[head];
    fillEntry(head);
    return head;
  }

  private void fillEntry(int head) {
    ring.set(U16, availableEntries + 2L * (availableIndex & mask), (short) head);
    availableIndex = (availableIndex + 1) & 0xffff;
  }

  /** The first descriptor after those of the chain. */
  private int placeDirectly(int head, DescriptorChain chain) {
    int count = chain.count();
    int descriptor = head;
    for (int piece = 0; piece < count; piece++) {
      boolean last = piece == count - 1;
      int following = next[descriptor];
      int flags = chain.isWritable(piece) ? DESCRIPTOR_F_WRITE : 0;
      write(
          descriptor,
          chain.address(piece),
          chain.length(piece),
          last ? flags : flags | DESCRIPTOR_F_NEXT,
          last ? 0 : following);
      descriptor = following;
    }
    return descriptor;
  }

  private void write(int descriptor, long address, int length, int flags, int following) {
    long at = (long) DESCRIPTOR_BYTES * descriptor;
    ring.set(U64, at + DESCRIPTOR_ADDRESS, address);
    ring.set(
        U64,
        at + DESCRIPTOR_LENGTH,
        Integer.toUnsignedLong(length)
            | (long) flags << FLAGS_SHIFT
            | (long) following << NEXT_SHIFT);
  }

  @Override
  void expose() {
    // Release: the device must not see the index before the descriptors and entries it covers.
    U16_HANDLE.setRelease(ring, availableIndexOffset, (short) availableIndex);
    publishedIndex = availableIndex;
  }

  @Override
  boolean wantsNotification(int buffers) {
    if (features.eventIndex()) {
      int event = opaque16(layout.availableEvent());
      return ((publishedIndex - event - 1) & 0xffff) < buffers;
    }
    return (opaque16((long) layout.deviceArea() + USED_FLAGS) & USED_F_NO_NOTIFY) == 0;
  }

  @Override
  int position() {
    return publishedIndex;
  }

  @Override
  boolean lookForUsed() {
    return usedIndex != deviceUsedIndex || readDeviceUsedIndex();
  }

  private boolean readDeviceUsedIndex() {
    // Acquire: the entries, and the buffers they name, are read after the index that covers them.
    int now = Short.toUnsignedInt((short) U16_HANDLE.getAcquire(ring, usedIndexOffset));
    int used = (now - usedIndex) & 0xffff;
    if (used > outstanding()) {
      throw broken(
          Kind.USED_INDEX_JUMP,
          "used index went from %d to %d with %d buffers outstanding"
              .formatted(usedIndex, now, outstanding()));
    }
    deviceUsedIndex = now;
    return used > 0;
  }

  @Override
  boolean isNextUsed() {
    return usedIndex != deviceUsedIndex;
  }

  @Override
  int readUsedId() {
    // Both fields at once: an entry is not at a multiple of its own length.
    usedEntry = ring.get(UNALIGNED_U64, usedEntryOffset());
    return (int) usedEntry;
  }

  @Override
  long readUsedLength(long writable) {
    return usedEntry >>> Integer.SIZE;
  }

  private long usedEntryOffset() {
    return usedEntries + (long) USED_ENTRY_BYTES * (usedIndex & mask);
  }

  @Override
  int longestBatch() {
    return (deviceUsedIndex - usedIndex) & 0xffff;
  }

  @Override
  void release(int head, int span) {
    // A batch fills one entry and skips the others: each buffer counts one all the same (§2.7.9).
    usedIndex = (usedIndex + 1) & 0xffff;
    if (features.inOrder()) {
      return;
    }
    int last = head;
    for (int i = 1; i < span; i++) {
      last = next[last];
    }
    // When nothing was free, what is linked here is never reached: the free ones are counted.
    next[last] = freeHead;
    freeHead = head;
  }

  @Override
  public void disableInterrupts() {
    if (!features.eventIndex()) {
      U16_HANDLE.setOpaque(
          ring, (long) layout.driverArea() + AVAILABLE_FLAGS, AVAILABLE_F_NO_INTERRUPT);
    }
    // With EVENT_IDX there is nothing to say: once passed, the event index asks for no more.
  }

  @Override
  public boolean enableInterrupts(int after) {
    throwIfBroken();
    int wanted = Math.max(1, after);
    if (features.eventIndex()) {
      U16_HANDLE.setOpaque(ring, (long) layout.usedEvent(), (short) (usedIndex + wanted - 1));
    } else {
      wanted = 1;
      U16_HANDLE.setOpaque(ring, (long) layout.driverArea() + AVAILABLE_FLAGS, (short) 0);
    }
    // The mirror of publish(): our wish must be out before we look for the last time.
    VarHandle.fullFence();
    if (usedIndex == deviceUsedIndex) {
      readDeviceUsedIndex();
    }
    return ((deviceUsedIndex - usedIndex) & 0xffff) >= wanted;
  }

  private int opaque16(long offset) {
    return Short.toUnsignedInt((short) U16_HANDLE.getOpaque(ring, offset));
  }

  @Override
  String positions() {
    return "avail %d, used %d".formatted(availableIndex, usedIndex);
  }
}
