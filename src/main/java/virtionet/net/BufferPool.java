package virtionet.net;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
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
  private static final byte FREE = 0;
  private static final byte POSTED = 1;
  private static final byte LENT = 2;
  private static final byte IN_FLIGHT = 3;

  private final DeviceRegion region;
  private final MemorySegment memory;
  private final int bufferSize;
  private final int headerLength;
  private final int count;
  private final FreeList free;

  /**
   * Whoever has a buffer alone changes its state, and passes it on by a list or a queue that orders
   * memory: nobody else can be at it. Others only look, for the balance. Plain accesses, since any
   * other keeps the compiler from holding what is the same for all buffers in registers.
   */
  private final byte[] states;

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
    free = new FreeList(count);
    states = new byte[count];
  }

  int count() {
    return count;
  }

  /** Who looks after its frames, if anybody does. */
  @Nullable LeakDetector leaks() {
    return leaks;
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
    // First what orders memory, then the states.
    int lentNow = lent.get();
    int freeNow = free.size();
    int inFlight = countIn(IN_FLIGHT);
    return new BufferBalance(count, countIn(POSTED), inFlight, lentNow - inFlight, freeNow, 0);
  }

  private int countIn(byte state) {
    int counted = 0;
    for (int i = 0; i < count; i++) {
      if (states[i] == state) {
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

  /**
   * Takes free buffers for the device, as many as there are or are wanted: they are posted from now
   * on.
   *
   * @return how many were put to the array's front
   */
  int takeForDevice(int[] target, int most) {
    int taken = free.pop(target, most);
    for (int i = 0; i < taken; i++) {
      change(target[i], FREE, POSTED);
    }
    return taken;
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
    int granted = countAsLent(1, limit);
    int buffer = granted == 0 || isEnded() ? -1 : free.pop();
    if (buffer < 0) {
      lentLess(granted);
    } else {
      change(buffer, FREE, LENT);
    }
    return buffer;
  }

  /**
   * Takes free buffers, which are lent until {@link #released}: as many as are wanted, or are free,
   * or can be lent with no more than {@code limit} of them.
   *
   * @return how many were put to the array's front
   */
  int borrow(int[] target, int most, int limit) {
    int granted = countAsLent(most, limit);
    int taken = isEnded() ? 0 : free.pop(target, granted);
    for (int i = 0; i < taken; i++) {
      change(target[i], FREE, LENT);
    }
    lentLess(granted - taken);
    return taken;
  }

  /**
   * Whether no buffer may be lent any more: to be asked once they are counted, since of that and
   * {@link #retire()} one sees the other.
   */
  private boolean isEnded() {
    return retired || quarantined;
  }

  /** Counts as many as lent as the limit allows, and never more: others would find nothing left. */
  private int countAsLent(int most, int limit) {
    while (true) {
      int before = lent.get();
      int granted = Math.min(most, limit - before);
      if (granted <= 0) {
        return 0;
      }
      if (lent.compareAndSet(before, before + granted)) {
        return granted;
      }
    }
  }

  /**
   * The device has given the buffer back with a frame in it, which is now lent. It does not count
   * as lent before {@link #nowLent}, and its frame is nobody's until then.
   */
  void lendUncounted(int buffer) {
    change(buffer, POSTED, LENT);
  }

  /** Counts so many as lent. */
  void nowLent(int buffers) {
    if (buffers > 0) {
      lent.addAndGet(buffers);
    }
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
            memory, frameOffset(buffers[0]), lengths[0], this, buffers[0], segments, further));
  }

  /** A frame over a buffer that is lent, for its new holder. */
  Frame frame(int buffer, int length) {
    return watched(new Frame(memory, frameOffset(buffer), length, this, buffer));
  }

  /** The holder of a buffer's frame gives it to the device; to be followed by {@link #sent}. */
  void toDevice(int buffer) {
    change(buffer, LENT, IN_FLIGHT);
  }

  /** The device has sent what is in the buffers, or gave them up. */
  void sent(int[] buffers, int number) {
    giveBack(buffers, number, IN_FLIGHT);
  }

  /** The device has given the buffer back, and nothing in it is of use. */
  void takeBack(int buffer) {
    change(buffer, POSTED, FREE);
    free.push(buffer);
  }

  private Frame watched(Frame frame) {
    if (leaks != null) {
      frame.watchedBy(leaks.watch(frame));
    }
    return frame;
  }

  @Override
  public void released(int buffer) {
    change(buffer, LENT, FREE);
    free.push(buffer);
    lentLess(1);
  }

  /** The holders of all these have released them; any thread. */
  void released(int[] buffers, int number) {
    giveBack(buffers, number, LENT);
  }

  private void giveBack(int[] buffers, int number, byte from) {
    for (int i = 0; i < number; i++) {
      change(buffers[i], from, FREE);
    }
    free.push(buffers, number);
    lentLess(number);
  }

  private void lentLess(int number) {
    if (number > 0 && lent.addAndGet(-number) == 0 && retired) {
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
      if (states[i] == POSTED) {
        takeBack(i);
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

  private void change(int buffer, byte from, byte to) {
    if (states[buffer] != from) {
      throw wrongState(buffer, from, to);
    }
    states[buffer] = to;
  }

  private IllegalStateException wrongState(int buffer, byte from, byte to) {
    return new IllegalStateException(
        "buffer %d is in state %d, not %d, on its way to %d"
            .formatted(buffer, states[buffer], from, to));
  }
}
