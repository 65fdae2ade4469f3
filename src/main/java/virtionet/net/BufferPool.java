package virtionet.net;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jctools.queues.varhandle.MpmcVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;
import virtionet.machine.DeviceRegion;

/**
 * Buffers of one size in device memory. Each starts with room for the virtio header, then the frame
 * follows. At any moment each buffer is free, posted to the device for receiving, lent to a holder
 * of its frame, or in flight: with the device for transmission; none is ever two of these. Those of
 * a pool in quarantine are none of it, unless they are lent.
 *
 * <p>Frames are released by any thread; {@link #borrow} and the rest may be called by any thread as
 * well.
 */
final class BufferPool implements FrameOwner {
  private static final int FREE = 0;
  private static final int POSTED = 1;
  private static final int LENT = 2;
  private static final int IN_FLIGHT = 3;

  private final DeviceRegion region;
  private final MemorySegment memory;
  private final int bufferSize;
  private final int headerLength;
  private final int count;
  private final Integer[] numbers;
  private final MpmcVarHandleArrayQueue<Integer> free;
  private final AtomicIntegerArray states;
  private final @Nullable LeakDetector leaks;

  /** Lent or in flight. */
  private final AtomicInteger lent = new AtomicInteger();

  private volatile boolean retired;
  private volatile boolean quarantined;
  private volatile boolean abandoned;
  private boolean regionFreed;

  /**
   * @param region of at least {@code count × bufferSize} bytes
   * @param headerLength bytes before each frame
   * @param leaks who looks after the frames that are lent; null: nobody
   */
  BufferPool(
      DeviceRegion region,
      int count,
      int bufferSize,
      int headerLength,
      @Nullable LeakDetector leaks) {
    this.region = region;
    this.memory = region.segment();
    this.bufferSize = bufferSize;
    this.headerLength = headerLength;
    this.count = count;
    this.leaks = leaks;
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

  /** Buffers whose frames are held by somebody, be it the device. */
  int lent() {
    return lent.get();
  }

  /** How the buffers are spread at this moment; exact when nothing moves meanwhile. */
  BufferBalance balance() {
    if (quarantined && !retired) {
      int held = countIn(LENT);
      return new BufferBalance(count, 0, 0, held, 0, count - held);
    }
    int inFlight = countIn(IN_FLIGHT);
    return new BufferBalance(
        count, countIn(POSTED), inFlight, lent.get() - inFlight, free.size(), 0);
  }

  private int countIn(int state) {
    int counted = 0;
    for (int i = 0; i < count; i++) {
      if (states.get(i) == state) {
        counted++;
      }
    }
    return counted;
  }

  /** Its machine is another's: what is in quarantine there does not count any more. */
  void abandon() {
    abandoned = true;
  }

  /** Whether nothing of it is to be told any more, since nobody holds any of it. */
  synchronized boolean isGone() {
    return regionFreed || (quarantined && abandoned && countIn(LENT) == 0);
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
    return watched(
        new Frame(
            memory.asSlice(frameOffset(buffers[0]), lengths[0]),
            this,
            buffers[0],
            segments,
            further));
  }

  /** The holder of a buffer's frame gives it to the device; to be followed by {@link #sent}. */
  void toDevice(int buffer) {
    // Whoever has a buffer alone changes its state: no other thread can be at it.
    if (states.getPlain(buffer) != LENT) {
      throw wrongState(buffer, LENT, IN_FLIGHT);
    }
    states.setRelease(buffer, IN_FLIGHT);
  }

  /** The device has sent what is in the buffer, or gave it up. */
  void sent(int buffer) {
    giveBack(buffer, IN_FLIGHT);
  }

  /** The device has given the buffer back, and nothing in it is of use. */
  void takeBack(int buffer) {
    change(buffer, POSTED, FREE);
    free.add(numbers[buffer]);
  }

  private Frame frame(int buffer, int length) {
    return watched(new Frame(memory.asSlice(frameOffset(buffer), length), this, buffer));
  }

  private Frame watched(Frame frame) {
    if (leaks != null) {
      frame.watchedBy(leaks.watch(frame));
    }
    return frame;
  }

  @Override
  public void released(int buffer) {
    giveBack(buffer, LENT);
  }

  private void giveBack(int buffer, int from) {
    change(buffer, from, FREE);
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

  /**
   * Ends the pool when the device would not be reset: the memory is not used again, unless the
   * device is reset later; then {@link #retire} follows.
   */
  void quarantine() {
    quarantined = true;
    region.quarantine();
  }

  private synchronized void freeRegionOnce() {
    if (!regionFreed) {
      regionFreed = true;
      if (quarantined) {
        region.release();
      } else {
        region.free();
      }
    }
  }

  private void change(int buffer, int from, int to) {
    if (!states.compareAndSet(buffer, from, to)) {
      throw wrongState(buffer, from, to);
    }
  }

  private IllegalStateException wrongState(int buffer, int from, int to) {
    return new IllegalStateException(
        "buffer %d is in state %d, not %d, on its way to %d"
            .formatted(buffer, states.get(buffer), from, to));
  }
}
