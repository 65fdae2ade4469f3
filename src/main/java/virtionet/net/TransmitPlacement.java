package virtionet.net;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;
import virtionet.net.TransmitQueue.Outcome;
import virtionet.virtio.DescriptorChain;
import virtionet.virtio.Virtqueue;

/**
 * How frames get into a transmit ring, their header before them: from where they lie, copied, or
 * cut (VirtIO 1.3 §5.1.6.2). Nothing is allocated for a frame in a single buffer. Not thread-safe:
 * its queue's owner's.
 */
final class TransmitPlacement {
  private static final int[] NONE = {};

  private final Virtqueue queue;
  private final BufferPool pool;
  private final List<BufferPool> devicePools;
  private final CounterShare counters;
  private final InFlight inFlight;
  private final int headerLength;
  private final boolean separateHeader;
  private final DescriptorChain chain = new DescriptorChain();

  /** Frames that are known to be in flight and not yet in the ring: where, how long, which. */
  private int prepared;

  private final long[] addresses;
  private final int[] lengths;
  private final int[] tokens;

  /**
   * @param devicePools of all queues of the device, which can read frames there
   * @param separateHeader whether the header needs a descriptor of its own (§5.1.6.6)
   */
  TransmitPlacement(
      Virtqueue queue,
      BufferPool pool,
      List<BufferPool> devicePools,
      CounterShare counters,
      InFlight inFlight,
      int headerLength,
      boolean separateHeader) {
    this.queue = queue;
    this.pool = pool;
    this.devicePools = devicePools;
    this.counters = counters;
    this.inFlight = inFlight;
    this.headerLength = headerLength;
    this.separateHeader = separateHeader;
    addresses = new long[inFlight.capacity()];
    lengths = new int[inFlight.capacity()];
    tokens = new int[inFlight.capacity()];
  }

  /**
   * Puts a frame into the ring, where it lies if the device can read it there.
   *
   * @return FULL: as if nothing had been; NOT_HELD: its caller does not hold it
   */
  Outcome place(Frame frame, Offload offload, int length) {
    BufferPool home = home(frame);
    if (home == null) {
      return placeCopy(frame, offload, length);
    }
    if (queue.free() < pieces(frame.segmentCount())) {
      return Outcome.FULL;
    }
    if (!frame.take()) {
      return Outcome.NOT_HELD;
    }
    writeHeader(home, frame.buffer(), frame, offload);
    beginChain(home, frame.buffer(), (int) frame.piece(0).byteSize());
    for (int i = 1; i < frame.segmentCount(); i++) {
      chain.readable(
          home.deviceAddress(frame.furtherBuffers()[i - 1]), (int) frame.piece(i).byteSize());
    }
    enqueue(home, frame.buffer(), frame.furtherBuffers(), length);
    return Outcome.QUEUED;
  }

  /** Whether frames in that pool can be sent from where they lie, by {@link #preparePlain}. */
  boolean canPlacePlain(BufferPool home) {
    return !separateHeader && isOurs(home);
  }

  /**
   * Prepares frames that ask for nothing for {@link #placePrepared}, up to the first that is not
   * so, lies in another pool than the first, or has a length that cannot be; there is room for all.
   * Nothing is called between two of them that the compiler cannot see through.
   *
   * @return the slot of the first that was not prepared
   */
  int preparePlain(FrameSlots slots, int first, int end, int longest) {
    BufferPool home = slots.pool(first);
    MemorySegment memory = home.memory();
    int place = prepared;
    int slot = first;
    try {
      for (; slot < end; slot++) {
        long word = slots.word(slot);
        int length = FrameSlots.lengthIn(word);
        if (word < 0
            || slots.pool(slot) != home
            || length < Frame.HEADER_LENGTH
            || length > longest) {
          break;
        }
        int buffer = FrameSlots.bufferIn(word);
        tokens[place] = inFlight.put(home, buffer, length);
        NetHeader.writePlain(memory, home.headerOffset(buffer), headerLength);
        addresses[place] = home.deviceAddress(buffer);
        lengths[place] = headerLength + length;
        place++;
      }
    } finally {
      prepared = place;
    }
    return slot;
  }

  /** Puts the frames that were prepared into the ring; how many. */
  int placePrepared() {
    int count = prepared;
    prepared = 0;
    if (count > 0 && queue.add(addresses, lengths, tokens, count, false) < count) {
      throw new IllegalStateException("no room for a frame in " + queue);
    }
    return count;
  }

  /** Frames of one buffer that there is room for. */
  int plainRoom() {
    return Math.min(queue.free(), inFlight.room());
  }

  private Outcome placeCopy(Frame frame, Offload offload, int length) {
    int further = furtherBuffersFor(length);
    if (queue.free() < pieces(1 + further)) {
      return Outcome.FULL;
    }
    int first = pool.borrow(pool.count());
    if (first < 0) {
      return Outcome.FULL;
    }
    int[] rest = borrow(further);
    if (rest == null) {
      pool.released(first);
      return Outcome.FULL;
    }
    writeHeader(pool, first, frame, offload);
    int copied = Math.min(length, pool.frameCapacity());
    frame.copyTo(0, pool.memory(), pool.frameOffset(first), copied);
    beginChain(pool, first, copied);
    for (int buffer : rest) {
      int part = Math.min(length - copied, pool.bufferSize());
      frame.copyTo(copied, pool.memory(), pool.headerOffset(buffer), part);
      chain.readable(pool.deviceAddress(buffer), part);
      copied += part;
    }
    // Not before: a frame that was given back may change while it is copied.
    if (!frame.take()) {
      pool.released(first);
      for (int buffer : rest) {
        pool.released(buffer);
      }
      return Outcome.NOT_HELD;
    }
    frame.giveBack();
    counters.increment(Counter.TRANSMIT_COPIES);
    enqueue(pool, first, rest, length);
    return Outcome.QUEUED;
  }

  /** Only the first buffer has a header before the frame. */
  private int furtherBuffersFor(int length) {
    return Math.ceilDiv(Math.max(0, length - pool.frameCapacity()), pool.bufferSize());
  }

  /** Descriptors for a frame in so many buffers. */
  private int pieces(int buffersOfFrame) {
    return buffersOfFrame + (separateHeader ? 1 : 0);
  }

  private int @Nullable [] borrow(int count) {
    if (count == 0) {
      return NONE;
    }
    int[] borrowed = new int[count];
    for (int i = 0; i < count; i++) {
      borrowed[i] = pool.borrow(pool.count());
      if (borrowed[i] < 0) {
        for (int j = 0; j < i; j++) {
          pool.released(borrowed[j]);
        }
        return null;
      }
    }
    return borrowed;
  }

  /** Puts the next segment into the ring; whether there was room. */
  boolean placeSegment(Segmenter segmenter) {
    if (inFlight.room() == 0 || queue.free() < pieces(1)) {
      return false;
    }
    int buffer = pool.borrow(pool.count());
    if (buffer < 0) {
      return false;
    }
    int length =
        segmenter.next(pool.memory().asSlice(pool.frameOffset(buffer), pool.frameCapacity()));
    NetHeader.writePlain(pool.memory(), pool.headerOffset(buffer), headerLength);
    beginChain(pool, buffer, length);
    enqueue(pool, buffer, NONE, length);
    return true;
  }

  /** The pool that the frame lies in, when the device can read it there. */
  private @Nullable BufferPool home(Frame frame) {
    FrameOwner owner = frame.owner();
    if (!(owner instanceof BufferPool home) || pieces(frame.segmentCount()) > queue.size()) {
      return null;
    }
    return isOurs(home) ? home : null;
  }

  private boolean isOurs(BufferPool home) {
    return home == pool || devicePools.contains(home);
  }

  /** Says what the device is to do for the frame; what it cannot do was done before. */
  private void writeHeader(BufferPool home, int buffer, Frame frame, Offload offload) {
    long offset = home.headerOffset(buffer);
    if (offload.isDone()) {
      NetHeader.writePlain(home.memory(), offset, headerLength);
    } else {
      NetHeader.write(home.memory(), offset, headerLength, frame, offload);
    }
  }

  /** Describes a frame's first buffer: the header, and so many bytes of the frame. */
  private void beginChain(BufferPool home, int buffer, int length) {
    long address = home.deviceAddress(buffer);
    chain.clear();
    if (separateHeader) {
      chain.readable(address, headerLength).readable(address + headerLength, length);
    } else {
      chain.readable(address, headerLength + length);
    }
  }

  private void enqueue(BufferPool home, int first, int[] rest, int length) {
    if (!queue.add(chain, inFlight.put(home, first, rest, length))) {
      throw new IllegalStateException("no room for a frame in " + queue);
    }
  }
}
