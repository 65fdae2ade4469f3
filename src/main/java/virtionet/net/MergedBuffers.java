package virtionet.net;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The buffers of one received frame, as they come (VirtIO 1.3 §5.1.6.4): all of them, as a rule, in
 * one go. Made once and refilled. Not thread-safe.
 */
final class MergedBuffers {
  private final BufferPool pool;
  private final int headerLength;
  private int[] buffers = new int[4];

  /** Bytes of the frame in each: without the header that the first begins with. */
  private int[] lengths = new int[4];

  private int count;
  private int expected;
  private int total;
  private boolean overdue;

  MergedBuffers(BufferPool pool, int headerLength) {
    this.pool = pool;
    this.headerLength = headerLength;
  }

  /** Whether there is a frame whose last buffer has not come. */
  boolean isPartial() {
    return count < expected;
  }

  /** Buffers that are still to come. */
  int missing() {
    return expected - count;
  }

  /** Begins a frame of that many buffers. */
  void begin(int buffersOfFrame) {
    count = 0;
    total = 0;
    expected = buffersOfFrame;
  }

  void add(int buffer, int length) {
    if (count == buffers.length) {
      buffers = Arrays.copyOf(buffers, 2 * count);
      lengths = Arrays.copyOf(lengths, 2 * count);
    }
    buffers[count] = buffer;
    lengths[count] = length;
    count++;
    total += length;
    overdue = false;
  }

  /** How many have come. */
  int count() {
    return count;
  }

  /** Bytes of the frame until now. */
  int length() {
    return total;
  }

  /** Whether this was asked before since the last buffer came. */
  boolean isOverdue() {
    boolean before = overdue;
    overdue = true;
    return before;
  }

  /** The frame over all its buffers, which are lent now. */
  Frame lend() {
    int buffersOfFrame = count;
    count = 0;
    expected = 0;
    return buffersOfFrame == 1
        ? pool.lend(buffers[0], lengths[0])
        : pool.lend(buffers, lengths, buffersOfFrame);
  }

  /** The frame on the heap, in one segment; the buffers are free. */
  Frame copy() {
    byte[] copy = new byte[total];
    MemorySegment target = MemorySegment.ofArray(copy);
    int at = 0;
    for (int i = 0; i < count; i++) {
      long from = pool.headerOffset(buffers[i]) + (i == 0 ? headerLength : 0);
      MemorySegment.copy(pool.memory(), from, target, at, lengths[i]);
      at += lengths[i];
    }
    discard();
    return Frame.wrap(copy);
  }

  /** Gives the frame up; its buffers are free. */
  void discard() {
    for (int i = 0; i < count; i++) {
      pool.takeBack(buffers[i]);
    }
    count = 0;
    expected = 0;
  }
}
