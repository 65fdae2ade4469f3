package virtionet.net;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jctools.queues.varhandle.MpmcVarHandleArrayQueue;
import virtionet.machine.DeviceRegion;

/**
 * Buffers of one size in device memory. Each starts with room for the virtio header, then the frame
 * follows. At any moment each buffer is free, posted to the device, or lent to a holder of its
 * frame; none is ever two of these.
 *
 * <p>Frames are released by any thread; {@link #borrow} and the rest may be called by any thread as
 * well.
 */
final class BufferPool implements FrameOwner {
  private static final int FREE = 0;
  private static final int POSTED = 1;
  private static final int LENT = 2;

  private final DeviceRegion region;
  private final MemorySegment memory;
  private final int bufferSize;
  private final int headerLength;
  private final int count;
  private final Integer[] numbers;
  private final MpmcVarHandleArrayQueue<Integer> free;
  private final AtomicIntegerArray states;
  private final AtomicInteger lent = new AtomicInteger();
  private volatile boolean retired;
  private volatile boolean quarantined;
  private boolean regionFreed;

  /**
   * @param region of at least {@code count × bufferSize} bytes
   * @param headerLength bytes before each frame
   */
  BufferPool(DeviceRegion region, int count, int bufferSize, int headerLength) {
    this.region = region;
    this.memory = region.segment();
    this.bufferSize = bufferSize;
    this.headerLength = headerLength;
    this.count = count;
    numbers = new Integer[count];
    free = new MpmcVarHandleArrayQueue<>(Math.max(2, count));
    states = new AtomicIntegerArray(count);
    for (int i = 0; i < count; i++) {
      numbers[i] = i;
      free.add(numbers[i]);
    }
  }

  int count() {
    return count;
  }

  boolean hasShape(int ofCount, int ofSize, int ofHeader) {
    return count == ofCount && bufferSize == ofSize && headerLength == ofHeader;
  }

  int bufferSize() {
    return bufferSize;
  }

  /** The longest frame that fits. */
  int frameCapacity() {
    return bufferSize - headerLength;
  }

  /** Buffers whose frames are held by somebody. */
  int lent() {
    return lent.get();
  }

  /** How the buffers are spread at this moment; exact when nothing moves meanwhile. */
  Census census() {
    int posted = 0;
    for (int i = 0; i < count; i++) {
      if (states.get(i) == POSTED) {
        posted++;
      }
    }
    return new Census(count, free.size(), posted, lent.get());
  }

  /** Takes a free buffer for the device: it is posted from now on. -1 when there is none. */
  int takeForDevice() {
    Integer buffer = free.poll();
    if (buffer == null) {
      return -1;
    }
    change(buffer, FREE, POSTED);
    return buffer;
  }

  /**
   * A frame of that length in a free buffer; empty when there is none, when the frame does not fit,
   * or when {@code limit} buffers are lent already.
   */
  Optional<Frame> allocate(int length, int limit) {
    if (length < 0 || length > frameCapacity()) {
      return Optional.empty();
    }
    int buffer = borrow(limit);
    return buffer < 0 ? Optional.empty() : Optional.of(frame(buffer, length));
  }

  /**
   * Takes a free buffer, which is lent until {@link #released}; -1 when there is none, or when
   * {@code limit} are lent already.
   */
  int borrow(int limit) {
    // Counted before the look at `retired`: of this and retire(), one sees the other.
    if (lent.incrementAndGet() <= limit && !retired && !quarantined) {
      Integer buffer = free.poll();
      if (buffer != null) {
        change(buffer, FREE, LENT);
        return buffer;
      }
    }
    oneLentLess();
    return -1;
  }

  /** The device has given the buffer back with a frame of that length, which is now lent. */
  Frame lend(int buffer, int length) {
    lent.incrementAndGet();
    change(buffer, POSTED, LENT);
    return frame(buffer, length);
  }

  /**
   * The device has given these buffers back with one frame, which is now lent.
   *
   * @param lengths bytes of the frame in each of them; only in the first a header precedes them
   */
  Frame lend(int[] buffers, int[] lengths, int buffersOfFrame) {
    MemorySegment[] segments = new MemorySegment[buffersOfFrame - 1];
    int[] further = new int[buffersOfFrame - 1];
    lent.addAndGet(buffersOfFrame);
    for (int i = 0; i < buffersOfFrame; i++) {
      change(buffers[i], POSTED, LENT);
      if (i > 0) {
        segments[i - 1] = memory.asSlice(headerOffset(buffers[i]), lengths[i]);
        further[i - 1] = buffers[i];
      }
    }
    return new Frame(
        memory.asSlice(frameOffset(buffers[0]), lengths[0]), this, buffers[0], segments, further);
  }

  /** The device has given the buffer back, and nothing in it is of use. */
  void takeBack(int buffer) {
    change(buffer, POSTED, FREE);
    free.add(numbers[buffer]);
  }

  private Frame frame(int buffer, int length) {
    return new Frame(memory.asSlice(frameOffset(buffer), length), this, buffer);
  }

  @Override
  public void released(int buffer) {
    change(buffer, LENT, FREE);
    free.add(numbers[buffer]);
    oneLentLess();
  }

  private void oneLentLess() {
    if (lent.decrementAndGet() == 0 && retired) {
      freeRegionOnce();
    }
  }

  /** Where the buffer begins, with its header, as the device sees it. */
  long deviceAddress(int buffer) {
    return region.deviceAddress() + headerOffset(buffer);
  }

  long headerOffset(int buffer) {
    return (long) buffer * bufferSize;
  }

  long frameOffset(int buffer) {
    return headerOffset(buffer) + headerLength;
  }

  MemorySegment memory() {
    return memory;
  }

  /** The device has confirmed its reset: what was posted to it is free. */
  void reclaim() {
    for (int i = 0; i < count; i++) {
      if (states.compareAndSet(i, POSTED, FREE)) {
        free.add(numbers[i]);
      }
    }
  }

  /**
   * Ends the pool after the device has confirmed its reset: the memory goes back once the last lent
   * frame was released, so that no holder sees it change under its hands.
   */
  void retire() {
    reclaim();
    retired = true;
    if (lent.get() == 0) {
      freeRegionOnce();
    }
  }

  /** Ends the pool when the device would not be reset: the memory is never used again. */
  void quarantine() {
    quarantined = true;
    region.quarantine();
  }

  private synchronized void freeRegionOnce() {
    if (!regionFreed) {
      regionFreed = true;
      region.free();
    }
  }

  private void change(int buffer, int from, int to) {
    if (!states.compareAndSet(buffer, from, to)) {
      throw new IllegalStateException(
          "buffer %d is in state %d, not %d, on its way to %d"
              .formatted(buffer, states.get(buffer), from, to));
    }
  }

  /** How a pool's buffers are spread, each kind counted on its own. */
  record Census(int total, int free, int posted, int lent) {
    boolean isConserved() {
      return free + posted + lent == total;
    }
  }
}
