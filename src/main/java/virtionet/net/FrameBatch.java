package virtionet.net;

import java.lang.foreign.MemorySegment;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Frames that travel together, as one element of a stream, or from a ring to a ring. It is for
 * those who want the rate: what is done once for a batch is not done for each frame, and a batch of
 * received frames that is sent, filtered or changed where it lies makes no object for any of them.
 *
 * <p>Like a {@link Frame}, a batch has one holder at a time, who {@linkplain #release releases} it
 * or passes it on; it may be handed from thread to thread, but not be used by two at once. A batch
 * that was released or sent is used again for other frames: whoever still uses it is told so as
 * long as it rests, and sees frames of others afterwards. With {@code virtionet.leak-detection} no
 * batch is used again, and each such use is told.
 *
 * <p>Indices go from 0 to {@link #size()}; {@link #removeIf} and {@link #takeFirst} move the frames
 * behind up.
 *
 * <pre>{@code
 * VirtioNet.get(system).batches().join(Flow.of(FrameBatch.class).map(batch -> {
 *   for (int i = 0; i < batch.size(); i++) {
 *     swapAddresses(batch.memory(i), batch.offset(i));
 *   }
 *   return batch;
 * }))
 * }</pre>
 */
public final class FrameBatch {
  private final FrameSlots slots;
  private final int[] scratch;

  /** Where it rests between two uses; null: nowhere. */
  private final @Nullable FrameBatches home;

  private int first;
  private int end;
  private boolean held = true;
  private @Nullable FrameWatch watch;

  FrameBatch(int capacity, @Nullable FrameBatches home) {
    slots = new FrameSlots(capacity);
    scratch = new int[capacity];
    this.home = home;
  }

  /**
   * An empty one, to be filled by {@link #add}, or for frames to send by {@code
   * EthernetConnection.allocate}.
   *
   * @param capacity frames, at least 1
   */
  public static FrameBatch ofCapacity(int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException(
          "a batch of %d frames: must have room for 1 at the least".formatted(capacity));
    }
    return new FrameBatch(capacity, null);
  }

  /** One of these frames; the caller gives them away. */
  public static FrameBatch of(Frame... frames) {
    FrameBatch batch = ofCapacity(Math.max(1, frames.length));
    for (Frame frame : frames) {
      batch.add(frame);
    }
    return batch;
  }

  /** Frames in it. */
  public int size() {
    return end - first;
  }

  /** Whether no frame is in it. */
  public boolean isEmpty() {
    return end == first;
  }

  /** Frames that can be in it. */
  public int capacity() {
    return slots.count();
  }

  /** Frames that can still be added. */
  public int room() {
    return slots.count() - size();
  }

  private int slot(int index) {
    if (!held) {
      throw notHeld();
    }
    return first + Objects.checkIndex(index, end - first);
  }

  private static IllegalStateException notHeld() {
    return new IllegalStateException(
        "batch of frames used after its release or after it was passed on: it has one holder at a"
            + " time");
  }

  /** Bytes of a frame. */
  public int length(int index) {
    return slots.length(slot(index));
  }

  /** What is left to do for a frame, or was done for it; {@link Offload#NONE} as a rule. */
  public Offload offload(int index) {
    return slots.offload(slot(index));
  }

  /**
   * The bytes of a frame; not to be kept beyond the batch's release.
   *
   * @throws IllegalStateException when the frame has several segments, which only {@link
   *     ReceivedFrames#AS_GIVEN} makes, or is nobody's any more
   */
  public MemorySegment segment(int index) {
    int slot = slot(index);
    return slots.isPlain(slot)
        ? slots.memory(slot).asSlice(slots.offset(slot), slots.length(slot))
        : slots.peek(slot).segment();
  }

  /**
   * The memory that a frame lies in, with others before and after it: from {@link #offset} on, so
   * many bytes as its {@link #length}. For loops that are to make no object.
   *
   * @throws IllegalStateException as {@link #segment}
   */
  public MemorySegment memory(int index) {
    int slot = slot(index);
    if (!slots.isPlain(slot)) {
      slots.peek(slot).segment();
    }
    return slots.memory(slot);
  }

  /** Where in its {@link #memory} a frame begins. */
  public long offset(int index) {
    return slots.offset(slot(index));
  }

  /** A copy of a frame on the Java heap, with a life of its own. */
  public Frame copy(int index) {
    int slot = slot(index);
    if (!slots.isPlain(slot)) {
      return slots.peek(slot).copy();
    }
    byte[] bytes = new byte[slots.length(slot)];
    MemorySegment.copy(
        slots.memory(slot), slots.offset(slot), MemorySegment.ofArray(bytes), 0, bytes.length);
    return Frame.wrap(bytes).offload(slots.offload(slot));
  }

  /**
   * Adds a frame behind the others; the caller gives it away.
   *
   * @throws IllegalStateException when there is no {@link #room()}
   */
  public void add(Frame frame) {
    Objects.requireNonNull(frame, "frame");
    slots.put(nextSlot(), frame);
    end++;
  }

  /**
   * Adds frames of that length in free buffers of a pool, of which no more than {@code limit} are
   * to be lent; how many. There is room for those that are wanted.
   */
  int allocate(BufferPool pool, int frames, int length, int limit) {
    if (!held) {
      throw notHeld();
    }
    int taken = pool.borrow(scratch, frames, limit);
    int from = roomFrom();
    for (int i = 0; i < taken; i++) {
      slots.put(from + i, pool, scratch[i], length, false);
    }
    end += taken;
    if (taken > 0) {
      watchedBy(pool.leaks());
    }
    return taken;
  }

  /** So many frames were put into the slots from {@link #roomFrom} on. */
  void added(int count) {
    end += count;
  }

  private int nextSlot() {
    if (!held) {
      throw notHeld();
    }
    if (end == slots.count()) {
      if (first == 0) {
        throw new IllegalStateException("a batch of %d frames is full".formatted(end));
      }
      moveToFront();
    }
    return end;
  }

  /** The first of as many free slots in a row as there is room. */
  int roomFrom() {
    if (first > 0) {
      moveToFront();
    }
    return end;
  }

  private void moveToFront() {
    int size = size();
    slots.move(0, slots, first, size);
    first = 0;
    end = size;
  }

  /**
   * Takes the first frame out of the batch; the caller holds it.
   *
   * @throws NoSuchElementException when there is none
   */
  public Frame takeFirst() {
    if (!held) {
      throw notHeld();
    }
    if (isEmpty()) {
      throw new NoSuchElementException("a batch without frames");
    }
    return slots.take(first++);
  }

  /**
   * Releases the frames that the test wants to be rid of. It is given each one's index before the
   * call, in order, and may look at the frame by it.
   *
   * @return how many were released
   */
  public int removeIf(IntPredicate test) {
    Objects.requireNonNull(test, "test");
    if (!held) {
      throw notHeld();
    }
    int kept = first;
    int from = first;
    int size = size();
    int i = 0;
    try {
      while (i < size) {
        if (test.test(i)) {
          slots.release(from + i, 1, scratch);
        } else {
          keep(kept++, from + i);
        }
        i++;
      }
    } finally {
      // Also where the test has thrown: those that it did not see stay.
      for (; i < size; i++) {
        keep(kept++, from + i);
      }
      end = kept;
    }
    return from + size - kept;
  }

  private void keep(int slot, int fromSlot) {
    if (slot != fromSlot) {
      slots.move(slot, slots, fromSlot, 1);
    }
  }

  /** Releases the frames that are in it; the batch stays its holder's. */
  public void clear() {
    if (!held) {
      throw notHeld();
    }
    int from = first;
    int count = size();
    first = 0;
    end = 0;
    slots.release(from, count, scratch);
  }

  /**
   * Ends this holder's use: the frames that are in it are released. Any thread.
   *
   * @throws IllegalStateException when it was released before
   */
  public void release() {
    clear();
    held = false;
    FrameWatch watched = watch;
    if (watched != null) {
      watched.end();
    } else if (home != null) {
      home.rest(this);
    }
  }

  /** Whether {@link #release()} was called, or the batch was sent. */
  public boolean isReleased() {
    return !held;
  }

  /** Says who has the batch now; see {@link Frame#touch}. */
  public void touch(String holder) {
    Objects.requireNonNull(holder, "holder");
    if (watch != null) {
      watch.touch(holder);
    }
  }

  /** It is in use again. */
  void awake() {
    held = true;
  }

  /** Looks after it, if anybody does for frames of that pool. */
  void watchedBy(@Nullable LeakDetector leaks) {
    if (leaks != null && watch == null) {
      watch = leaks.watch(this);
    }
  }

  // The frames as rings see them: the slots from the first one on.

  /** Takes the oldest frames of a ring, as many as there is room for; how many. */
  int takeFrom(FrameRing ring) {
    if (!held) {
      throw notHeld();
    }
    if (first > 0) {
      moveToFront();
    }
    int count = ring.available(room());
    if (count > 0) {
      int slot = ring.slot(0);
      int run = Math.min(count, ring.slots().count() - slot);
      slots.move(end, ring.slots(), slot, run);
      slots.move(end + run, ring.slots(), 0, count - run);
      end += count;
      ring.advance(count);
      watchFrom(end - count);
    }
    return count;
  }

  /** Whoever looks after the frames from that slot on looks after the batch too. */
  private void watchFrom(int from) {
    BufferPool known = null;
    for (int slot = from; slot < end && watch == null; slot++) {
      if (slots.isPlain(slot) && slots.pool(slot) != known) {
        known = slots.pool(slot);
        watchedBy(known.leaks());
      }
    }
  }

  FrameSlots slots() {
    if (!held) {
      throw notHeld();
    }
    return slots;
  }

  int first() {
    return first;
  }

  /** So many of the first frames are no longer in it. */
  void removeFirst(int count) {
    first += count;
    if (first == end) {
      first = 0;
      end = 0;
    }
  }

  @Override
  public String toString() {
    return "FrameBatch[%d frames%s]".formatted(size(), held ? "" : ", released");
  }
}
