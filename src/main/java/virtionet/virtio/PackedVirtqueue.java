package virtionet.virtio;

import static virtionet.virtio.PackedRingLayout.DESCRIPTOR_ADDRESS;
import static virtionet.virtio.PackedRingLayout.DESCRIPTOR_BYTES;
import static virtionet.virtio.PackedRingLayout.DESCRIPTOR_FLAGS;
import static virtionet.virtio.PackedRingLayout.DESCRIPTOR_F_AVAILABLE;
import static virtionet.virtio.PackedRingLayout.DESCRIPTOR_F_INDIRECT;
import static virtionet.virtio.PackedRingLayout.DESCRIPTOR_F_NEXT;
import static virtionet.virtio.PackedRingLayout.DESCRIPTOR_F_USED;
import static virtionet.virtio.PackedRingLayout.DESCRIPTOR_F_WRITE;
import static virtionet.virtio.PackedRingLayout.DESCRIPTOR_ID;
import static virtionet.virtio.PackedRingLayout.DESCRIPTOR_LENGTH;
import static virtionet.virtio.PackedRingLayout.EVENT_AT_DESCRIPTOR;
import static virtionet.virtio.PackedRingLayout.EVENT_DISABLE;
import static virtionet.virtio.PackedRingLayout.EVENT_ENABLE;
import static virtionet.virtio.PackedRingLayout.EVENT_FLAGS;
import static virtionet.virtio.PackedRingLayout.EVENT_FLAGS_SHIFT;
import static virtionet.virtio.PackedRingLayout.EVENT_OFFSET;
import static virtionet.virtio.PackedRingLayout.EVENT_WRAP_SHIFT;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A packed virtqueue (VirtIO 1.3 §2.8): one ring of descriptors that the driver fills and the
 * device overwrites.
 *
 * <p>Each side has a slot where it goes on and a wrap counter that flips with each lap. A
 * descriptor is the device's once its AVAIL bit equals the driver's counter and its USED bit does
 * not; it is used once both equal the device's. Which slots are the driver's is known from the
 * lengths of the buffers that came back, never from the ring: a device that returns a later buffer
 * first does so in an earlier one's slot.
 */
final class PackedVirtqueue extends BaseVirtqueue {
  /** Where the fields lie in a descriptor's second half (§2.8.13). */
  private static final int ID_SHIFT = Byte.SIZE * (DESCRIPTOR_ID - DESCRIPTOR_LENGTH);

  private static final int FLAGS_SHIFT = Byte.SIZE * (DESCRIPTOR_FLAGS - DESCRIPTOR_LENGTH);

  private static final int AVAILABLE_AND_USED = DESCRIPTOR_F_AVAILABLE | DESCRIPTOR_F_USED;

  private final PackedRingLayout layout;

  /** Stack of the ids that no buffer has; of {@link #free()} many at the least. */
  private final int[] freeIds;

  private int freeIdCount;

  /** The next slot to fill, and the driver's wrap counter there. */
  private int availableSlot;

  private boolean availableWrap;

  /** Both as they were when the device was last told; and the slots that were filled since. */
  private int publishedSlot;

  private boolean publishedWrap;
  private int slotsAdded;

  /** Second half of the first slot of those, which the ring has not been given yet. */
  private long firstHalf;

  /** The slot where the device uses the next buffer, and the device's wrap counter there. */
  private int usedSlot;

  private boolean usedWrap;

  /** Length, id and flags of the used descriptor that was read last. */
  private long usedHalf;

  /**
   * @param index the queue's index at its device
   * @param ring zeroed memory of {@link PackedRingLayout#bytes()}
   * @param tables for chains of more than one piece, where there are any
   */
  PackedVirtqueue(
      int index,
      PackedRingLayout layout,
      MemorySegment ring,
      RingFeatures features,
      @Nullable IndirectTables tables) {
    super(index, layout, ring, features, tables);
    this.layout = layout;
    freeIds = new int[size];
    restart();
  }

  @Override
  void restart() {
    for (int i = 0; i < size; i++) {
      freeIds[i] = size - 1 - i;
    }
    freeIdCount = size;
    availableSlot = 0;
    availableWrap = true;
    publishedSlot = 0;
    publishedWrap = true;
    slotsAdded = 0;
    usedSlot = 0;
    usedWrap = true;
  }

  @Override
  int place(DescriptorChain chain, @Nullable IndirectTables table) {
    int id = freeIds[--freeIdCount];
    if (table != null) {
      table.fillPacked(id, chain);
      int bytes = IndirectTables.bytesOf(chain);
      write(id, table.deviceAddress(id), bytes, DESCRIPTOR_F_INDIRECT);
      return id;
    }
    int count = chain.count();
    for (int piece = 0; piece < count; piece++) {
      int flags = chain.isWritable(piece) ? DESCRIPTOR_F_WRITE : 0;
      write(
          id,
          chain.address(piece),
          chain.length(piece),
          piece == count - 1 ? flags : flags | DESCRIPTOR_F_NEXT);
    }
    return id;
  }

  @Override
  int place(long address, int length, boolean writable) {
    int id = freeIds[--freeIdCount];
    write(id, address, length, writable ? DESCRIPTOR_F_WRITE : 0);
    return id;
  }

  private void write(int id, long address, int length, int kind) {
    long at = offset(availableSlot);
    long flags = kind | (availableWrap ? DESCRIPTOR_F_AVAILABLE : DESCRIPTOR_F_USED);
    long half = Integer.toUnsignedLong(length) | (long) id << ID_SHIFT | flags << FLAGS_SHIFT;
    ring.set(U64, at + DESCRIPTOR_ADDRESS, address);
    if (slotsAdded == 0) {
      // The device stops here. What follows it does not look at until this one is available.
      firstHalf = half;
    } else {
      ring.set(U64, at + DESCRIPTOR_LENGTH, half);
    }
    slotsAdded++;
    if (++availableSlot == size) {
      availableSlot = 0;
      availableWrap = !availableWrap;
    }
  }

  private static long offset(int slot) {
    return (long) DESCRIPTOR_BYTES * slot;
  }

  @Override
  void expose() {
    // Release: the first descriptor's flags open all that were added, so they come last
    // (§2.8.21.1). They lie in one aligned word with its id and length, and are seen with these.
    U64_HANDLE.setRelease(ring, offset(publishedSlot) + DESCRIPTOR_LENGTH, firstHalf);
    publishedSlot = availableSlot;
    publishedWrap = availableWrap;
  }

  @Override
  boolean wantsNotification(int buffers) {
    int slots = slotsAdded;
    slotsAdded = 0;
    // Both fields at once: an offset without the flags that belong to it would mislead.
    int event = (int) U32_HANDLE.getOpaque(ring, (long) layout.deviceArea());
    int flags = (event >>> EVENT_FLAGS_SHIFT) & EVENT_FLAGS;
    int slot = event & EVENT_OFFSET;
    if (flags != EVENT_AT_DESCRIPTOR || !features.eventIndex() || slot >= size) {
      return flags != EVENT_DISABLE;
    }
    boolean wrap = ((event >>> EVENT_WRAP_SHIFT) & 1) != 0;
    int back = publishedSlot - 1 - (wrap == publishedWrap ? slot : slot - size);
    return back >= 0 && back < slots;
  }

  @Override
  int position() {
    return publishedSlot | (publishedWrap ? 1 << EVENT_WRAP_SHIFT : 0);
  }

  @Override
  boolean lookForUsed() {
    // Acquire: the buffer is read after the flags, which lie in one aligned word with its id and
    // length.
    usedHalf = (long) U64_HANDLE.getAcquire(ring, offset(usedSlot) + DESCRIPTOR_LENGTH);
    return isUsed(usedHalf);
  }

  @Override
  boolean isNextUsed() {
    usedHalf = ring.get(U64, offset(usedSlot) + DESCRIPTOR_LENGTH);
    return isUsed(usedHalf);
  }

  private boolean isUsed(long half) {
    return ((short) (half >>> FLAGS_SHIFT) & AVAILABLE_AND_USED)
        == (usedWrap ? AVAILABLE_AND_USED : 0);
  }

  @Override
  int readUsedId() {
    return (int) (usedHalf >>> ID_SHIFT) & 0xffff;
  }

  @Override
  long readUsedLength(long writable) {
    // Without WRITE the field says nothing (§2.8.4), but QEMU never sets that bit (7.2), also where
    // it has written. So it says nothing only where there was nothing to write into.
    boolean written = (usedHalf >>> FLAGS_SHIFT & DESCRIPTOR_F_WRITE) != 0;
    return writable == 0 && !written ? 0 : usedHalf & 0xffff_ffffL;
  }

  @Override
  int longestBatch() {
    return outstanding();
  }

  @Override
  void release(int id, int span) {
    freeIds[freeIdCount++] = id;
    usedSlot += span;
    if (usedSlot >= size) {
      usedSlot -= size;
      usedWrap = !usedWrap;
    }
  }

  @Override
  public void disableInterrupts() {
    setEvent(EVENT_DISABLE, 0, false);
  }

  @Override
  public boolean enableInterrupts(int after) {
    throwIfBroken();
    if (features.eventIndex()) {
      // In slots, taking buffers to be of one length; if they are not, it may come a little
      // earlier.
      int buffers = Math.max(1, after);
      int ahead = buffers - 1;
      if (outstanding() > 0) {
        int held = size - free() - slotsAdded;
        ahead = (int) Math.min(size - 1L, (long) ahead * held / outstanding());
      }
      int slot = usedSlot + Math.min(size - 1, ahead);
      boolean nextLap = slot >= size;
      setEvent(EVENT_AT_DESCRIPTOR, nextLap ? slot - size : slot, nextLap != usedWrap);
    } else {
      setEvent(EVENT_ENABLE, 0, false);
    }
    // The mirror of publish(): our wish must be out before we look for the last time. If nothing
    // was
    // used by now, the device has yet to pass the slot that we named.
    VarHandle.fullFence();
    return hasUsed();
  }

  private void setEvent(int flags, int slot, boolean wrap) {
    int offsetAndWrap = slot | (wrap ? 1 << EVENT_WRAP_SHIFT : 0);
    U32_HANDLE.setOpaque(
        ring, (long) layout.driverArea(), flags << EVENT_FLAGS_SHIFT | offsetAndWrap);
  }

  @Override
  String positions() {
    return "avail %d/%d, used %d/%d"
        .formatted(availableSlot, availableWrap ? 1 : 0, usedSlot, usedWrap ? 1 : 0);
  }
}
