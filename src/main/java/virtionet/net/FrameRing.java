package virtionet.net;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A bounded queue of frames between two threads: one producer, one consumer. Frames go in and come
 * out one by one or in batches, and one that is but a buffer makes no object on its way.
 *
 * <p>What the producer wrote into a slot is seen by the consumer from the position on that covers
 * it, and the other way round: stores with release, loads with acquire.
 */
public final class FrameRing {
  private static final VarHandle POSITION = MethodHandles.arrayElementVarHandle(long[].class);

  // Each side's on cache lines of its own: how far it is, and how far it saw the other.
  private static final int LINE = 16;
  private static final int PRODUCED = LINE;
  private static final int CONSUMED_SEEN = LINE + 1;
  private static final int CONSUMED = 3 * LINE;
  private static final int PRODUCED_SEEN = 3 * LINE + 1;

  private final long[] positions = new long[5 * LINE];
  private final FrameSlots slots;
  private final int mask;
  private final int capacity;

  /**
   * @param capacity frames, at least 1
   */
  public FrameRing(int capacity) {
    if (capacity < 1 || capacity > 1 << 30) {
      throw new IllegalArgumentException("a queue of " + capacity + " frames");
    }
    this.capacity = capacity;
    int count = capacity == 1 ? 1 : Integer.highestOneBit(capacity - 1) << 1;
    slots = new FrameSlots(count);
    mask = count - 1;
  }

  /** Frames that it holds at the most. */
  public int capacity() {
    return capacity;
  }

  /** Frames in it; about, while others are at work. */
  public int size() {
    long consumed = (long) POSITION.getAcquire(positions, CONSUMED);
    long produced = (long) POSITION.getAcquire(positions, PRODUCED);
    return (int) Math.max(0, Math.min(capacity, produced - consumed));
  }

  /** Whether no frame is in it; exact for the consumer. */
  public boolean isEmpty() {
    return size() == 0;
  }

  // The producer's side.

  /** Frames that were ever put in. */
  public long produced() {
    return positions[PRODUCED];
  }

  private int room(int wanted) {
    long produced = positions[PRODUCED];
    long room = capacity - (produced - positions[CONSUMED_SEEN]);
    if (room < wanted) {
      positions[CONSUMED_SEEN] = (long) POSITION.getAcquire(positions, CONSUMED);
      room = capacity - (produced - positions[CONSUMED_SEEN]);
    }
    return (int) Math.min(room, wanted);
  }

  /**
   * Puts a frame in.
   *
   * @return false when there is no room; the frame stays the caller's
   */
  public boolean offer(Frame frame) {
    Objects.requireNonNull(frame, "frame");
    if (room(1) == 0) {
      return false;
    }
    long at = positions[PRODUCED];
    slots.put((int) at & mask, frame);
    POSITION.setRelease(positions, PRODUCED, at + 1);
    return true;
  }

  /**
   * Puts frames in, from the batch's front.
   *
   * @return how many there was room for: they are out of the batch
   */
  public int offer(FrameBatch batch) {
    int count = room(batch.size());
    if (count > 0) {
      FrameSlots from = batch.slots();
      long at = positions[PRODUCED];
      // The slots go round: two runs at the most.
      int slot = (int) at & mask;
      int run = Math.min(count, slots.count() - slot);
      slots.move(slot, from, batch.first(), run);
      slots.move(0, from, batch.first() + run, count - run);
      batch.removeFirst(count);
      POSITION.setRelease(positions, PRODUCED, at + count);
    }
    return count;
  }

  // The consumer's side.

  /** Frames that were ever taken out. */
  public long consumed() {
    return positions[CONSUMED];
  }

  /** Frames that are there, as many as are wanted at the most. */
  int available(int wanted) {
    long consumed = positions[CONSUMED];
    long available = positions[PRODUCED_SEEN] - consumed;
    if (available < wanted) {
      positions[PRODUCED_SEEN] = (long) POSITION.getAcquire(positions, PRODUCED);
      available = positions[PRODUCED_SEEN] - consumed;
    }
    return (int) Math.min(available, wanted);
  }

  /** The slot of the frame with so many before it. */
  int slot(int index) {
    return (int) (positions[CONSUMED] + index) & mask;
  }

  FrameSlots slots() {
    return slots;
  }

  /** So many of the oldest frames are somebody else's now, and their slots are clear. */
  void advance(int count) {
    POSITION.setRelease(positions, CONSUMED, positions[CONSUMED] + count);
  }

  /** The oldest frame, if there is one, which stays. */
  public @Nullable Frame peek() {
    return available(1) == 0 ? null : slots.peek(slot(0));
  }

  /** Takes the oldest frame out, if there is one; the caller holds it. */
  public @Nullable Frame poll() {
    if (available(1) == 0) {
      return null;
    }
    Frame frame = slots.take(slot(0));
    advance(1);
    return frame;
  }

  /**
   * Moves the oldest frames to the end of a batch, as many as it has room for.
   *
   * @return how many
   */
  public int poll(FrameBatch batch) {
    return batch.takeFrom(this);
  }
}
