package virtionet.virtio;

import static virtionet.virtio.SplitRingLayout.AVAILABLE_ENTRIES;
import static virtionet.virtio.SplitRingLayout.AVAILABLE_FLAGS;
import static virtionet.virtio.SplitRingLayout.AVAILABLE_F_NO_INTERRUPT;
import static virtionet.virtio.SplitRingLayout.AVAILABLE_INDEX;
import static virtionet.virtio.SplitRingLayout.DESCRIPTOR_ADDRESS;
import static virtionet.virtio.SplitRingLayout.DESCRIPTOR_BYTES;
import static virtionet.virtio.SplitRingLayout.DESCRIPTOR_FLAGS;
import static virtionet.virtio.SplitRingLayout.DESCRIPTOR_F_NEXT;
import static virtionet.virtio.SplitRingLayout.DESCRIPTOR_F_WRITE;
import static virtionet.virtio.SplitRingLayout.DESCRIPTOR_LENGTH;
import static virtionet.virtio.SplitRingLayout.DESCRIPTOR_NEXT;
import static virtionet.virtio.SplitRingLayout.USED_ENTRIES;
import static virtionet.virtio.SplitRingLayout.USED_ENTRY_BYTES;
import static virtionet.virtio.SplitRingLayout.USED_ENTRY_ID;
import static virtionet.virtio.SplitRingLayout.USED_ENTRY_LENGTH;
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
 * <p>What the driver knows of its descriptors lives in private arrays and is never read back from
 * the ring, where a device could have changed it. What the device writes is read once and checked
 * before it is used. Indices run free modulo 2^16 and are masked only to find a slot; compared for
 * equality with a masked one, a queue would die after its first lap.
 */
public final class SplitVirtqueue implements Virtqueue {
  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle U16_HANDLE = U16.varHandle();

  private static final int END_OF_FREE_LIST = -1;

  private final int index;
  private final SplitRingLayout layout;
  private final MemorySegment ring;
  private final boolean eventIndex;
  private final int mask;
  private final long availableIndexOffset;
  private final long availableEntries;
  private final long usedIndexOffset;
  private final long usedEntries;

  /** Of each descriptor: the one after it, in its chain or in the free list. */
  private final int[] next;

  /**
   * Of each head: descriptors in its chain once published, their number negated while only added; 0
   * says neither. A device may not use what it was not yet given.
   */
  private final int[] chainLength;

  /** The heads by available entry: what was added since the last publish is looked up here. */
  private final int[] heads;

  private final int[] tokens;
  private final long[] writableBytes;

  private int freeHead;
  private int free;

  /** Index of the next available entry to fill, and the one that the device was last told. */
  private int availableIndex;

  private int publishedIndex;

  /** Index of the next used entry to take, and the device's own index when last read. */
  private int usedIndex;

  private int deviceUsedIndex;
  private int outstanding;

  private long usedLength;
  private long writableLength;
  private @Nullable RingViolation violation;

  /**
   * @param index the queue's index at its device
   * @param ring zeroed memory of {@link SplitRingLayout#bytes()}
   * @param eventIndex whether EVENT_IDX was negotiated
   */
  public SplitVirtqueue(int index, SplitRingLayout layout, MemorySegment ring, boolean eventIndex) {
    this(index, layout, ring, eventIndex, 0);
  }

  /**
   * As the other one, with rings that do not start at 0, as if the queue had been in use for long:
   * for tests near the wrap of the indices, against a device that starts there too.
   */
  SplitVirtqueue(
      int index, SplitRingLayout layout, MemorySegment ring, boolean eventIndex, int firstIndex) {
    if (ring.byteSize() < layout.bytes()) {
      throw new IllegalArgumentException(
          "a ring of %d descriptors needs %d bytes, not %d"
              .formatted(layout.size(), layout.bytes(), ring.byteSize()));
    }
    this.index = index;
    this.layout = layout;
    this.ring = ring;
    this.eventIndex = eventIndex;
    int size = layout.size();
    mask = size - 1;
    availableIndexOffset = (long) layout.availableRing() + AVAILABLE_INDEX;
    availableEntries = (long) layout.availableRing() + AVAILABLE_ENTRIES;
    usedIndexOffset = (long) layout.usedRing() + USED_INDEX;
    usedEntries = (long) layout.usedRing() + USED_ENTRIES;
    next = new int[size];
    chainLength = new int[size];
    heads = new int[size];
    tokens = new int[size];
    writableBytes = new long[size];
    for (int i = 0; i < size; i++) {
      next[i] = i + 1 < size ? i + 1 : END_OF_FREE_LIST;
    }
    free = size;
    availableIndex = firstIndex & 0xffff;
    publishedIndex = availableIndex;
    usedIndex = availableIndex;
    deviceUsedIndex = availableIndex;
    ring.set(U16, availableIndexOffset, (short) availableIndex);
    ring.set(U16, usedIndexOffset, (short) usedIndex);
  }

  @Override
  public int index() {
    return index;
  }

  @Override
  public int size() {
    return layout.size();
  }

  @Override
  public int free() {
    return free;
  }

  @Override
  public int outstanding() {
    return outstanding;
  }

  @Override
  public boolean add(DescriptorChain chain, int token) {
    throwIfBroken();
    int count = chain.count();
    if (count == 0 || count > layout.size() || chain.bytes() > 0xffff_ffffL || token < 0) {
      throw new IllegalArgumentException(
          "virtqueue %d of %d: a chain of %d pieces and %d bytes with token %d"
              .formatted(index, layout.size(), count, chain.bytes(), token));
    }
    if (count > free) {
      return false;
    }
    int head = freeHead;
    int descriptor = head;
    for (int piece = 0; piece < count; piece++) {
      boolean last = piece == count - 1;
      int following = next[descriptor];
      int flags = chain.isWritable(piece) ? DESCRIPTOR_F_WRITE : 0;
      long at = (long) DESCRIPTOR_BYTES * descriptor;
      ring.set(U64, at + DESCRIPTOR_ADDRESS, chain.address(piece));
      ring.set(U32, at + DESCRIPTOR_LENGTH, chain.length(piece));
      ring.set(U16, at + DESCRIPTOR_FLAGS, (short) (last ? flags : flags | DESCRIPTOR_F_NEXT));
      ring.set(U16, at + DESCRIPTOR_NEXT, (short) (last ? 0 : following));
      descriptor = following;
    }
    freeHead = descriptor;
    free -= count;
    chainLength[head] = -count;
    heads[availableIndex & mask] = head;
    tokens[head] = token;
    writableBytes[head] = chain.writableBytes();
    ring.set(U16, availableEntries + 2L * (availableIndex & mask), (short) head);
    availableIndex = (availableIndex + 1) & 0xffff;
    return true;
  }

  @Override
  public boolean publish() {
    throwIfBroken();
    int added = (availableIndex - publishedIndex) & 0xffff;
    if (added == 0) {
      return false;
    }
    for (int i = 0; i < added; i++) {
      int head = heads[(publishedIndex + i) & mask];
      chainLength[head] = -chainLength[head];
    }
    // Release: the device must not see the index before the descriptors and entries it covers.
    U16_HANDLE.setRelease(ring, availableIndexOffset, (short) availableIndex);
    publishedIndex = availableIndex;
    outstanding += added;
    // Between our index and the device's wish there must be a full fence. Without it the load may
    // pass the store: the device, going to sleep, sees the old index while we see its old wish,
    // and nobody wakes it (§2.7.13.4.1).
    VarHandle.fullFence();
    if (eventIndex) {
      int event = opaque16(layout.availableEvent());
      return ((availableIndex - event - 1) & 0xffff) < added;
    }
    return (opaque16(layout.usedRing() + USED_FLAGS) & USED_F_NO_NOTIFY) == 0;
  }

  @Override
  public int poll() {
    if (!hasUsed()) {
      return NONE;
    }
    long entry = usedEntries + (long) USED_ENTRY_BYTES * (usedIndex & mask);
    int id = ring.get(U32, entry + USED_ENTRY_ID);
    int length = ring.get(U32, entry + USED_ENTRY_LENGTH);
    // The id has 32 bits in the ring: cut to 16 first, a wild one would pass for a good one.
    if (Integer.compareUnsigned(id, layout.size()) >= 0) {
      throw broken(
          Kind.ID_OUT_OF_RANGE,
          "used id %s in a queue of %d".formatted(Integer.toUnsignedString(id), layout.size()));
    }
    int count = chainLength[id];
    if (count <= 0) {
      throw broken(
          Kind.ID_NOT_OUTSTANDING, "used id " + id + " is not a chain that is outstanding");
    }
    usedIndex = (usedIndex + 1) & 0xffff;
    outstanding--;
    chainLength[id] = 0;
    giveToFreeList(id, count);
    usedLength = Integer.toUnsignedLong(length);
    writableLength = writableBytes[id];
    return tokens[id];
  }

  @Override
  public boolean hasUsed() {
    throwIfBroken();
    return usedIndex != deviceUsedIndex || readDeviceUsedIndex();
  }

  private boolean readDeviceUsedIndex() {
    // Acquire: the entries, and the buffers they name, are read after the index that covers them.
    int now = Short.toUnsignedInt((short) U16_HANDLE.getAcquire(ring, usedIndexOffset));
    int used = (now - usedIndex) & 0xffff;
    if (used > outstanding) {
      throw broken(
          Kind.USED_INDEX_JUMP,
          "used index went from %d to %d with %d buffers outstanding"
              .formatted(usedIndex, now, outstanding));
    }
    deviceUsedIndex = now;
    return used > 0;
  }

  private void giveToFreeList(int head, int count) {
    int last = head;
    for (int i = 1; i < count; i++) {
      last = next[last];
    }
    next[last] = free == 0 ? END_OF_FREE_LIST : freeHead;
    freeHead = head;
    free += count;
  }

  @Override
  public long usedLength() {
    return usedLength;
  }

  @Override
  public long writableLength() {
    return writableLength;
  }

  @Override
  public void disableInterrupts() {
    if (!eventIndex) {
      U16_HANDLE.setOpaque(
          ring, (long) layout.availableRing() + AVAILABLE_FLAGS, AVAILABLE_F_NO_INTERRUPT);
    }
    // With EVENT_IDX there is nothing to say: once passed, the event index asks for no more.
  }

  @Override
  public boolean enableInterrupts(int after) {
    throwIfBroken();
    int wanted = Math.max(1, after);
    if (eventIndex) {
      U16_HANDLE.setOpaque(ring, (long) layout.usedEvent(), (short) (usedIndex + wanted - 1));
    } else {
      wanted = 1;
      U16_HANDLE.setOpaque(ring, (long) layout.availableRing() + AVAILABLE_FLAGS, (short) 0);
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

  private void throwIfBroken() {
    if (violation != null) {
      throw violation;
    }
  }

  private RingViolation broken(Kind kind, String detail) {
    violation = new RingViolation(kind, index, detail);
    return violation;
  }

  @Override
  public String toString() {
    return "SplitVirtqueue[%d: %d descriptors, %d free, %d outstanding, avail %d, used %d%s]"
        .formatted(
            index,
            layout.size(),
            free,
            outstanding,
            availableIndex,
            usedIndex,
            violation == null ? "" : ", broken: " + violation.kind());
  }
}
