package virtionet.virtio;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import virtionet.virtio.RingViolation.Kind;

/**
 * What the driver knows of a virtqueue in either format: which buffers it has added, given to the
 * device, and got back.
 *
 * <p>All of it lives in private arrays and is never read back from the ring, where a device could
 * have changed it. What the device writes is read once and checked before it is used.
 *
 * <p>A buffer has an id below the queue's size: in a split queue its first descriptor, in a packed
 * one a number.
 */
abstract sealed class BaseVirtqueue implements Virtqueue permits SplitVirtqueue, PackedVirtqueue {
  static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final VarHandle U16_HANDLE = U16.varHandle();
  static final VarHandle U32_HANDLE = U32.varHandle();
  static final VarHandle U64_HANDLE = U64.varHandle();

  final int index;
  final int size;
  final MemorySegment ring;
  final RingFeatures features;
  final @Nullable IndirectTables tables;
  private final boolean inOrder;

  /**
   * By id, two words for each buffer. The first: its token, and above it the descriptors of the
   * ring that it takes; 0 says that there is no such buffer. The second: the bytes of it that the
   * device may write, and above them its number in the order of adding.
   */
  private final long[] buffers;

  /** With IN_ORDER: the ids in the order in which they were added, as a ring. */
  private final int[] order;

  /** The place there of the next buffer to be added, and of that which comes back next. */
  private int newest;

  private int oldest;

  /**
   * Numbers of the next buffer to be added, of the first that was not published, and of the one
   * that comes back next with IN_ORDER. They go round: only what is between two of them counts.
   */
  private int nextNumber;

  private int publishedNumber;
  private int oldestNumber;

  private int free;
  private int outstanding;

  /** Of the used entry that was read last: the buffers it still stands for, and its own. */
  private int batch;

  private int batchLast;
  private long batchLength;

  private long usedLength;
  private long writableLength;
  private @Nullable RingViolation violation;

  BaseVirtqueue(
      int index,
      RingLayout layout,
      MemorySegment ring,
      RingFeatures features,
      @Nullable IndirectTables tables) {
    if (ring.byteSize() < layout.bytes()) {
      throw new IllegalArgumentException(
          "a ring of %d descriptors needs %d bytes, not %d"
              .formatted(layout.size(), layout.bytes(), ring.byteSize()));
    }
    this.index = index;
    this.ring = ring;
    this.features = features;
    this.tables = tables;
    size = layout.size();
    buffers = new long[2 * size];
    inOrder = features.inOrder();
    order = new int[inOrder ? size : 0];
    free = size;
  }

  /**
   * Writes a chain into free descriptors, where the device does not look yet; there are enough.
   *
   * @param table where the pieces go when the chain takes a single descriptor, or null
   * @return the buffer's id
   */
  abstract int place(DescriptorChain chain, @Nullable IndirectTables table);

  /** Writes a single piece into a free descriptor, of which there is one; answers the same. */
  abstract int place(long address, int length, boolean writable);

  /** Lets the device see all that was placed: a store with release. */
  abstract void expose();

  /** Whether the device wants to be told of what was exposed; called after a full fence. */
  abstract boolean wantsNotification(int buffers);

  /** Where the ring is filled up to, in the upper 16 bits of a doorbell (VirtIO 1.3 §2.9). */
  abstract int position();

  /** Whether the device has used another buffer: a load with acquire. */
  abstract boolean lookForUsed();

  /**
   * Whether another used entry is there, as far as plain loads tell: a fence follows behind the
   * last one.
   */
  abstract boolean isNextUsed();

  /** The id in the used entry that was found: unsigned, not checked, read once. */
  abstract int readUsedId();

  /**
   * The length in the entry whose id was read last: unsigned.
   *
   * @param writable bytes that the device was allowed to write
   */
  abstract long readUsedLength(long writable);

  /** Buffers that the used entry can stand for at the most. */
  abstract int longestBatch();

  /** Takes back the descriptors of a buffer that was used. */
  abstract void release(int id, int span);

  /** Starts from nothing; the memory is zeroed. */
  abstract void restart();

  @Override
  public final int index() {
    return index;
  }

  @Override
  public final int size() {
    return size;
  }

  @Override
  public final int free() {
    return free;
  }

  @Override
  public final int outstanding() {
    return outstanding;
  }

  @Override
  public final boolean add(DescriptorChain chain, int token) {
    throwIfBroken();
    int count = chain.count();
    if (count == 0 || count > size || chain.bytes() > 0xffff_ffffL || token < 0) {
      throw new IllegalArgumentException(
          "virtqueue %d of %d: a chain of %d pieces and %d bytes with token %d"
              .formatted(index, size, count, chain.bytes(), token));
    }
    IndirectTables table = tables != null && tables.suits(chain) ? tables : null;
    int span = table == null ? count : 1;
    if (span > free) {
      return false;
    }
    noteAdded(place(chain, table), span, token, chain.writableBytes());
    return true;
  }

  @Override
  public final boolean add(long address, int length, boolean writable, int token) {
    throwIfBroken();
    checkPiece(length, token);
    if (free == 0) {
      return false;
    }
    noteAdded(place(address, length, writable), 1, token, writable ? length : 0);
    return true;
  }

  @Override
  public final int add(long[] addresses, int[] lengths, int[] tokens, int count, boolean writable) {
    throwIfBroken();
    int added = Math.min(count, free);
    for (int i = 0; i < added; i++) {
      int length = lengths[i];
      int token = tokens[i];
      checkPiece(length, token);
      noteAdded(place(addresses[i], length, writable), 1, token, writable ? length : 0);
    }
    return added;
  }

  private void checkPiece(int length, int token) {
    if (length <= 0 || token < 0) {
      throw new IllegalArgumentException(
          "virtqueue %d of %d: a piece of %d bytes with token %d"
              .formatted(index, size, length, token));
    }
  }

  private void noteAdded(int id, int span, int token, long writable) {
    free -= span;
    buffers[2 * id] = (long) span << Integer.SIZE | token;
    buffers[2 * id + 1] = (long) nextNumber << Integer.SIZE | writable;
    nextNumber++;
    if (inOrder) {
      order[newest] = id;
      newest = after(newest);
    }
  }

  @Override
  public final boolean publish() {
    throwIfBroken();
    int added = nextNumber - publishedNumber;
    if (added == 0) {
      return false;
    }
    publishedNumber = nextNumber;
    expose();
    outstanding += added;
    // Between what we published and the device's wish there must be a full fence. Without it the
    // load may pass the store: the device, going to sleep, misses our news while we see its old
    // wish, and nobody wakes it (VirtIO 1.3 §2.7.13.4.1, §2.8.21.3.1).
    VarHandle.fullFence();
    return wantsNotification(added);
  }

  @Override
  public final int notification() {
    return features.notificationData() ? index | position() << 16 : index;
  }

  @Override
  public final boolean hasUsed() {
    throwIfBroken();
    return batch > 0 || lookForUsed();
  }

  @Override
  public final int poll() {
    if (!hasUsed()) {
      return NONE;
    }
    if (batch == 0) {
      readUsed();
    }
    batch--;
    int id = batch == 0 ? batchLast : order[oldest];
    if (inOrder) {
      oldest = after(oldest);
      oldestNumber++;
    }
    long buffer = buffers[2 * id];
    writableLength = buffers[2 * id + 1] & 0xffff_ffffL;
    // What the device skipped, it has used completely (VirtIO 1.3 §2.7.9, §2.8.8).
    usedLength = batch == 0 ? batchLength : writableLength;
    takeBack(id, buffer);
    return (int) buffer;
  }

  @Override
  public final int poll(int[] tokens, long[] usedLengths, int most) {
    Objects.checkFromIndexSize(0, most, Math.min(tokens.length, usedLengths.length));
    int taken = 0;
    try {
      while (taken < most && hasUsed()) {
        if (inOrder) {
          tokens[taken] = poll();
          usedLengths[taken++] = usedLength;
        } else {
          taken = takeUsed(tokens, usedLengths, taken, most);
        }
      }
    } catch (RingViolation e) {
      if (taken == 0) {
        throw e;
      }
      // It is kept for the next call.
    }
    return taken;
  }

  /**
   * Takes used buffers, up to the first that is none. Nothing is called between two of them that
   * the compiler cannot see through: so it keeps what is the same for all in registers.
   *
   * @return the place behind the last one
   */
  private int takeUsed(int[] tokens, long[] usedLengths, int from, int end) {
    int next = from;
    while (next < end && isNextUsed()) {
      int id = readUsedId();
      if (wrongWith(id) != null) {
        break; // The caller's next look throws it, behind those that are good.
      }
      long buffer = buffers[2 * id];
      usedLengths[next] = readUsedLength(buffers[2 * id + 1] & 0xffff_ffffL);
      tokens[next++] = (int) buffer;
      takeBack(id, buffer);
    }
    // What the device wrote into the buffers is read after what told of it.
    VarHandle.acquireFence();
    return next;
  }

  private void takeBack(int id, long buffer) {
    int span = (int) (buffer >>> Integer.SIZE);
    buffers[2 * id] = 0;
    free += span;
    outstanding--;
    release(id, span);
  }

  /**
   * What is wrong with an id that the device has used, if anything is: then the queue is broken.
   */
  private @Nullable RingViolation wrongWith(int id) {
    // In a split ring it has 32 bits: cut to 16 first, a wild one would pass for a good one.
    if (Integer.compareUnsigned(id, size) >= 0) {
      return broken(
          Kind.ID_OUT_OF_RANGE,
          "used id %s in a queue of %d".formatted(Integer.toUnsignedString(id), size));
    }
    // A device may not use what it was not yet given either.
    if (buffers[2 * id] == 0 || isUnpublished(id)) {
      return broken(
          Kind.ID_NOT_OUTSTANDING, "used id " + id + " is not a buffer that is outstanding");
    }
    return null;
  }

  private void readUsed() {
    int id = readUsedId();
    RingViolation wrong = wrongWith(id);
    if (wrong != null) {
      throw wrong;
    }
    long second = buffers[2 * id + 1];
    int number = (int) (second >>> Integer.SIZE);
    int length = inOrder ? 1 + number - oldestNumber : 1;
    if (length > longestBatch()) {
      throw broken(
          Kind.BATCH_TOO_LONG,
          "used id %d stands for %d buffers, but %d were used"
              .formatted(id, length, longestBatch()));
    }
    batchLength = readUsedLength(second & 0xffff_ffffL);
    batchLast = id;
    batch = length;
  }

  /**
   * Whether a buffer was added and not published. Numbers go round, and that of one which the
   * device keeps for long may be of any age: only those in between matter.
   */
  private boolean isUnpublished(int id) {
    int number = (int) (buffers[2 * id + 1] >>> Integer.SIZE);
    return Integer.compareUnsigned(number - publishedNumber, nextNumber - publishedNumber) < 0;
  }

  /** The place after this one. */
  private int after(int place) {
    return place + 1 == size ? 0 : place + 1;
  }

  @Override
  public final long usedLength() {
    return usedLength;
  }

  @Override
  public final long writableLength() {
    return writableLength;
  }

  @Override
  public final String slots() {
    var slots = new StringBuilder(size);
    for (int id = 0; id < size; id++) {
      slots.append(buffers[2 * id] == 0 ? '.' : isUnpublished(id) ? '+' : '#');
    }
    return slots.toString();
  }

  @Override
  public final void reset() {
    ring.fill((byte) 0);
    Arrays.fill(buffers, 0);
    newest = 0;
    oldest = 0;
    nextNumber = 0;
    publishedNumber = 0;
    oldestNumber = 0;
    batch = 0;
    free = size;
    outstanding = 0;
    violation = null;
    restart();
  }

  @Override
  public final void throwIfBroken() {
    if (violation != null) {
      throw violation;
    }
  }

  final RingViolation broken(Kind kind, String detail) {
    violation = new RingViolation(kind, index, detail);
    return violation;
  }

  @Override
  public String toString() {
    return "%s[%d: %d descriptors, %d free, %d outstanding, %s%s]"
        .formatted(
            getClass().getSimpleName(),
            index,
            size,
            free,
            outstanding,
            positions(),
            violation == null ? "" : ", broken: " + violation.kind());
  }

  /** Where driver and device stand in the ring, for people. */
  abstract String positions();
}
