package virtionet.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import virtionet.virtio.DescriptorChain;
import virtionet.virtio.RingViolation;
import virtionet.virtio.Transport;
import virtionet.virtio.Virtqueue;

/**
 * Receives frames (VirtIO 1.3 §5.1.6.3, §5.1.6.4). Not thread-safe: one owner. The frames that it
 * gives out are views of the buffers that the device wrote, or copies if it is paranoid.
 *
 * <p>The ring never runs dry: there are more buffers than it has room for, and once as many are
 * lent as there are more, a frame is copied and its buffer stays.
 *
 * <p>A frame may lie in several buffers; it is given out once all have come. Those that are short
 * of the rest wait for it, since the next buffer must be theirs, but not for ever: {@link
 * #dropOverdue}.
 */
public final class ReceiveQueue {
  /** As many as the processor waits for at a time, and their headers stay in its nearest cache. */
  private static final int MOST_POLLED = 64;

  private static final int MOST_HEADERS = 0xffff;

  /** Lengths beyond their buffers, without a good frame between, that say enough of a device. */
  static final int MOST_OVERLONG = 64;

  private final Virtqueue queue;
  private final Transport transport;
  private final BufferPool pool;
  private final CounterShare counters;
  private final int headerLength;
  private final boolean separateHeader;
  private final int longestFrame;
  private final boolean mergeable;
  private final OffloadFeatures features;
  private final ReceivedFrames shape;
  private final boolean paranoid;
  private final int lentLimit;
  private final MergedBuffers merged;
  private final int refillFrom;

  /** Buffers that belong to a frame that was given up, and are still to come. */
  private int unwanted;

  /**
   * The header of the frame that is being put together: a copy, so that a device which changes it
   * after it was checked, or between its first buffer and its last, changes nothing.
   */
  private final MemorySegment header = MemorySegment.ofArray(new byte[NetHeader.LONGEST]);

  private int overlong;

  /** Buffers on their way to the device; their addresses and lengths. */
  private final int[] fresh;

  private final long[] addresses;
  private final int[] lengths;

  /**
   * Buffers that were taken from the ring and not yet looked into, and the lengths used of them.
   */
  private final int[] polled;

  private final long[] polledUsed;
  private int polledCount;

  /** How many of them were looked into. */
  private int looked;

  @SuppressWarnings("unused") // Kept, so that the look is not optimized away.
  private int lastTouched;

  private final DescriptorChain chain = new DescriptorChain();

  /**
   * @param separateHeader whether the header needs a descriptor of its own (VirtIO 1.3 §5.1.6.6)
   * @param longestFrame bytes; what is longer breaks the negotiated MTU, if it is to be one packet
   * @param mergeable whether a frame may lie in several buffers: MRG_RXBUF
   * @param paranoid whether frames are copied before anything in them is looked at
   */
  ReceiveQueue(
      Virtqueue queue,
      Transport transport,
      BufferPool pool,
      Counters counters,
      int headerLength,
      boolean separateHeader,
      int longestFrame,
      boolean mergeable,
      OffloadFeatures features,
      ReceivedFrames shape,
      boolean paranoid) {
    this.queue = queue;
    this.transport = transport;
    this.pool = pool;
    this.counters = counters.ofQueue(queue.index());
    this.headerLength = headerLength;
    this.separateHeader = separateHeader;
    this.longestFrame = longestFrame;
    this.mergeable = mergeable;
    this.features = features;
    this.shape = shape;
    this.paranoid = paranoid;
    merged = new MergedBuffers(pool, headerLength);
    fresh = new int[buffersPosted(queue, separateHeader)];
    addresses = new long[fresh.length];
    lengths = new int[fresh.length];
    Arrays.fill(lengths, pool.bufferSize());
    polled = new int[Math.min(MOST_POLLED, queue.size())];
    polledUsed = new long[polled.length];
    lentLimit = pool.count() - buffersPosted(queue, separateHeader);
    refillFrom = Math.max(1, queue.size() / 8);
  }

  /** Buffers that a queue can hold at once. */
  private static int buffersPosted(Virtqueue queue, boolean separateHeader) {
    return separateHeader ? queue.size() / 2 : queue.size();
  }

  /** Buffers that it can have with the device. */
  public int capacity() {
    return fresh.length;
  }

  /**
   * Takes frames from the ring, gives each good one to the consumer, and refills the ring. For
   * those who want a frame each; {@link #receive(FrameBatch, int)} makes no object for any.
   *
   * @param budget how many buffers to take at the most
   * @return how many were taken, bad ones included; less than the budget when the ring was empty
   * @throws RingViolation when the device broke the ring: reset it
   */
  public int receive(FrameConsumer consumer, int budget) {
    FrameBatch batch = FrameBatch.ofCapacity(Math.max(1, Math.min(budget, queue.outstanding())));
    int taken = 0;
    int now;
    do {
      int wanted = Math.min(budget - taken, batch.capacity());
      try {
        now = receive(batch, wanted);
      } finally {
        // Also where the device broke the ring: the frames before that are good.
        while (!batch.isEmpty()) {
          consumer.accept(batch.takeFirst());
        }
      }
      taken += now;
      refill();
      if (now < wanted) {
        break;
      }
    } while (taken < budget);
    return taken;
  }

  /**
   * Takes frames from the ring and adds each good one to the batch. The ring is not refilled: see
   * {@link #refill}.
   *
   * @param budget how many buffers to take at the most, as long as there is room in the batch
   * @return how many were taken, bad ones included; less than that when the ring was empty
   * @throws RingViolation when the device broke the ring: reset it; the frames that are in the
   *     batch are good
   */
  public int receive(FrameBatch batch, int budget) {
    int taken = 0;
    int most;
    int now = 0;
    do {
      most = Math.min(Math.min(budget - taken, batch.room()), polled.length);
      try {
        now = poll(most);
      } finally {
        // Also where the device broke the ring: the frames before that are good.
        accept(batch);
      }
      taken += now;
    } while (now == most && most > 0);
    queue.throwIfBroken();
    return taken;
  }

  /**
   * Takes buffers from the ring. Their headers are looked at here, for nothing: each look waits for
   * a cache line from the device, and here the processor waits for many at a time.
   */
  private int poll(int most) {
    polledCount = 0;
    int count = queue.poll(polled, polledUsed, most);
    int touched = 0;
    for (int i = 0; i < count; i++) {
      touched ^= pool.memory().get(ValueLayout.JAVA_BYTE, pool.headerOffset(polled[i]));
    }
    lastTouched = touched;
    polledCount = count;
    return count;
  }

  private void accept(FrameBatch batch) {
    looked = 0;
    try {
      while (looked < polledCount) {
        acceptPlain(batch);
        if (looked < polledCount) {
          int next = looked++;
          accept(polled[next], polledUsed[next], batch);
        }
      }
    } finally {
      int count = polledCount;
      polledCount = 0;
      while (looked < count) {
        pool.takeBack(polled[looked++]);
      }
    }
  }

  /**
   * Takes the next frames that nothing has to be done for, up to the first other one. Nothing is
   * called between two of them that the compiler cannot see through: so it keeps what is the same
   * for all in registers.
   */
  private void acceptPlain(FrameBatch batch) {
    if (paranoid || unwanted > 0 || merged.isPartial()) {
      return;
    }
    int first = looked;
    int end = first + Math.min(polledCount - first, lentLimit - pool.lent());
    long longest = Math.min(longestFrame, writableLength() - headerLength);
    FrameSlots slots = batch.slots();
    int slot = batch.roomFrom();
    MemorySegment memory = pool.memory();
    long bytes = 0;
    int next = first;
    // A buffer that the driver trips over is left out.
    int after = 1;
    try {
      for (; next < end; next++) {
        int buffer = polled[next];
        long length = polledUsed[next] - headerLength;
        if (length < Frame.HEADER_LENGTH || length > longest) {
          break;
        }
        int kind =
            NetHeader.plain(memory, pool.headerOffset(buffer), headerLength, mergeable, features);
        if (kind == NetHeader.NOT_PLAIN) {
          break;
        }
        pool.lendUncounted(buffer);
        slots.put(slot++, pool, buffer, (int) length, kind == NetHeader.PLAIN_AND_VERIFIED);
        bytes += length;
      }
      after = 0;
    } finally {
      int taken = next - first;
      looked = next + after;
      if (taken > 0) {
        overlong = 0;
        batch.added(taken);
        pool.nowLent(taken);
        counters.add(Counter.RECEIVED_FRAMES, taken);
        counters.add(Counter.RECEIVED_BYTES, bytes);
      }
    }
  }

  /** Bytes of each buffer that the device may write. */
  private long writableLength() {
    return pool.bufferSize();
  }

  private void accept(int buffer, long used, FrameBatch batch) {
    if (unwanted > 0) {
      unwanted--;
      pool.takeBack(buffer);
    } else if (merged.isPartial()) {
      continueFrame(buffer, used, batch);
    } else {
      beginFrame(buffer, used, batch);
    }
  }

  private void beginFrame(int buffer, long used, FrameBatch batch) {
    if (used < headerLength) {
      merged.begin(1);
      merged.add(buffer, 0);
      drop(Counter.DROPPED_RUNT);
      return;
    }
    MemorySegment.copy(pool.memory(), pool.headerOffset(buffer), header, 0, headerLength);
    // Without MRG_RXBUF the field is not even written by QEMU before 10.0.
    int buffers = mergeable ? NetHeader.buffers(header, 0) : 1;
    int toCome = queue.outstanding() + polledCount - looked;
    boolean possible = buffers > 0 && buffers - 1 <= toCome;
    merged.begin(possible ? buffers : 1 + Math.min(Math.max(0, buffers - 1), toCome));
    if (!possible) {
      merged.add(buffer, 0);
      drop(Counter.DROPPED_BAD_BUFFER_COUNT);
    } else if (used > writableLength()) {
      dropOverlong(buffer, used);
    } else {
      merged.add(buffer, (int) used - headerLength);
      deliverIfComplete(batch);
    }
  }

  private void continueFrame(int buffer, long used, FrameBatch batch) {
    if (used == 0) {
      merged.add(buffer, 0);
      drop(Counter.DROPPED_INCOMPLETE);
    } else if (used > writableLength()) {
      dropOverlong(buffer, used);
    } else {
      merged.add(buffer, (int) used);
      deliverIfComplete(batch);
    }
  }

  /**
   * The device claims to have written more than it may. Once that is a wrong length; a device that
   * gives nothing else may well write there.
   */
  private void dropOverlong(int buffer, long used) {
    merged.add(buffer, 0);
    drop(Counter.DROPPED_OVERLONG);
    overlong++;
    if (overlong == MOST_OVERLONG) {
      throw new RingViolation(
          RingViolation.Kind.LENGTHS_BEYOND_BUFFERS,
          queue.index(),
          "%d lengths in a row that are beyond their buffers, the last %d"
              .formatted(overlong, used));
    }
  }

  private void deliverIfComplete(FrameBatch batch) {
    if (merged.length() > OffloadFeatures.LONGEST_FRAME) {
      drop(Counter.DROPPED_OVERLONG);
    } else if (!merged.isPartial()) {
      deliver(batch);
    }
  }

  private void deliver(FrameBatch batch) {
    int length = merged.length();
    if (length < Frame.HEADER_LENGTH) {
      drop(Counter.DROPPED_RUNT);
      return;
    }
    Offload offload = NetHeader.read(header, 0, features);
    if (offload == null) {
      drop(Counter.DROPPED_BAD_HEADER);
      return;
    }
    if (!offload.needsSegmentation() && length > longestFrame) {
      drop(Counter.DROPPED_OVERLONG);
      return;
    }
    int buffers = merged.count();
    boolean copied =
        paranoid
            || pool.lent() + buffers > lentLimit
            || (buffers > 1 && shape == ReceivedFrames.COMPLETE);
    Frame frame = copied ? merged.copy() : merged.lend();
    NetHeader.readHash(header, 0, headerLength, frame);
    frame.offload(offload);
    if (!offload.isDone() && !settle(frame, offload)) {
      counters.increment(Counter.DROPPED_BAD_HEADER);
      frame.release();
      return;
    }
    overlong = 0;
    counters.increment(Counter.RECEIVED_FRAMES);
    counters.add(Counter.RECEIVED_BYTES, length);
    if (copied) {
      counters.increment(Counter.COPIED_FRAMES);
    }
    batch.add(frame);
  }

  /** Does what is to be done for the frame, or says it; false when that cannot be true of it. */
  private boolean settle(Frame frame, Offload offload) {
    if (!OffloadRules.accepts(frame, offload, features)) {
      return false;
    }
    if (offload.needsSegmentation()) {
      frame.offload(measured(frame, offload));
    }
    if (offload.needsChecksum() && shape == ReceivedFrames.COMPLETE) {
      Offloads.complete(frame, offload);
      counters.increment(Counter.CHECKSUMS_COMPLETED);
    }
    return true;
  }

  /**
   * The device's own word on the headers' length is but a hint (VirtIO 1.3 §5.1.6.4.2). A frame
   * that makes one segment is none to be cut, whatever the device says.
   */
  private static Offload measured(Frame frame, Offload offload) {
    boolean tcp = offload.segmentation() != Offload.Segmentation.UDP_L4;
    // Read anew, and so perhaps another than was checked, unless paranoid: at least it can be said.
    int header =
        Math.min(
            Packet.headerLength(frame, offload.checksumStart(), tcp),
            Math.min(frame.length(), MOST_HEADERS));
    return frame.length() - header > offload.segmentSize()
        ? offload.withHeaderLength(header)
        : Offload.checksum(offload.checksumStart(), offload.checksumOffset());
  }

  /** Gives up the frame that is being put together; those of its buffers to come are skipped. */
  private void drop(Counter reason) {
    counters.increment(reason);
    unwanted = merged.missing();
    merged.discard();
  }

  /**
   * Gives up a frame of which some buffers have not come since this was called before; to be called
   * now and then, by the owner. A device that puts them off holds no buffers of ours for ever.
   */
  public void dropOverdue() {
    if (merged.isPartial() && merged.isOverdue()) {
      drop(Counter.DROPPED_INCOMPLETE);
      refill();
    }
  }

  /** Gives the device all the free buffers that the ring has room for; one doorbell. */
  public void refill() {
    int before = queue.outstanding();
    if (fill()) {
      ringDoorbell();
    } else if (queue.outstanding() != before) {
      counters.increment(Counter.RECEIVE_KICKS_SAVED);
    }
  }

  /**
   * The same in the midst of traffic: not before an eighth of the ring is empty. So the driver does
   * not write where the device is about to, and both wait less for cache lines. Whoever stops
   * looking at the ring {@linkplain #refill refills} it first.
   */
  public void refillInPassing() {
    if (queue.free() >= refillFrom) {
      refill();
    }
  }

  /**
   * Gives the device buffers without telling it: to be done before it is started.
   *
   * @return whether the device wants to be told, by {@link #ringDoorbell()}
   */
  boolean fill() {
    int perBuffer = separateHeader ? 2 : 1;
    int taken;
    do {
      // Through an indirect table a buffer may take less room than that: then there is another
      // turn.
      int room = Math.min(fresh.length, queue.free() / perBuffer);
      taken = room == 0 ? 0 : pool.takeForDevice(fresh, room);
      if (separateHeader) {
        postPieces(taken);
      } else {
        post(taken);
      }
    } while (taken > 0);
    return queue.publish();
  }

  void ringDoorbell() {
    transport.notifyQueue(queue.notification());
    counters.increment(Counter.RECEIVE_KICKS);
  }

  private void post(int count) {
    for (int i = 0; i < count; i++) {
      addresses[i] = pool.deviceAddress(fresh[i]);
    }
    if (queue.add(addresses, lengths, fresh, count, true) < count) {
      throw noRoom();
    }
  }

  private void postPieces(int count) {
    for (int i = 0; i < count; i++) {
      long address = pool.deviceAddress(fresh[i]);
      chain.clear().writable(address, headerLength);
      if (!queue.add(chain.writable(address + headerLength, pool.frameCapacity()), fresh[i])) {
        throw noRoom();
      }
    }
  }

  private IllegalStateException noRoom() {
    return new IllegalStateException("no room for a buffer in " + queue);
  }

  /**
   * Asks for an interrupt with the next frame.
   *
   * @return whether there are frames already: no interrupt may come for them
   */
  public boolean enableInterrupts() {
    return queue.enableInterrupts(1);
  }

  /** Asks for no interrupts, while the ring is looked at anyway. */
  public void disableInterrupts() {
    queue.disableInterrupts();
  }

  /** Whether the device has used buffers that were not taken yet. */
  boolean hasUsed() {
    return queue.hasUsed();
  }

  /** Buffers with the device. For any thread: as its owner left it, or a little before. */
  public int posted() {
    return queue.outstanding();
  }

  /** Buffers with the device, or of a frame that is still to be completed. */
  int buffersHeld() {
    return queue.outstanding() + merged.count();
  }

  /** Its ring, slot by slot: see {@link Virtqueue#slots}. Any thread. */
  public String slots() {
    return queue.slots();
  }

  @Override
  public String toString() {
    return "receive " + queue;
  }
}
