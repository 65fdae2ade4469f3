package virtionet.net;

import java.lang.foreign.MemorySegment;
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
  private static final int MOST_HEADERS = 0xffff;

  /** Lengths beyond their buffers, without a good frame between, that say enough of a device. */
  static final int MOST_OVERLONG = 64;

  private final Virtqueue queue;
  private final Transport transport;
  private final BufferPool pool;
  private final Counters counters;
  private final int headerLength;
  private final boolean separateHeader;
  private final int longestFrame;
  private final boolean mergeable;
  private final OffloadFeatures features;
  private final ReceivedFrames shape;
  private final boolean paranoid;
  private final int lentLimit;
  private final MergedBuffers merged;

  /** Buffers that belong to a frame that was given up, and are still to come. */
  private int unwanted;

  /**
   * The header of the frame that is being put together: a copy, so that a device which changes it
   * after it was checked, or between its first buffer and its last, changes nothing.
   */
  private final MemorySegment header = MemorySegment.ofArray(new byte[NetHeader.LONGEST]);

  private int overlong;

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
    this.counters = counters;
    this.headerLength = headerLength;
    this.separateHeader = separateHeader;
    this.longestFrame = longestFrame;
    this.mergeable = mergeable;
    this.features = features;
    this.shape = shape;
    this.paranoid = paranoid;
    merged = new MergedBuffers(pool, headerLength);
    lentLimit = pool.count() - buffersPosted(queue, separateHeader);
  }

  /** Buffers that a queue can hold at once. */
  private static int buffersPosted(Virtqueue queue, boolean separateHeader) {
    return separateHeader ? queue.size() / 2 : queue.size();
  }

  /**
   * Takes frames from the ring, gives each good one to the consumer, and refills the ring.
   *
   * @param budget how many buffers to take at the most
   * @return how many were taken, bad ones included; less than the budget when the ring was empty
   * @throws RingViolation when the device broke the ring: reset it
   */
  public int receive(FrameConsumer consumer, int budget) {
    int taken = 0;
    for (int buffer; taken < budget && (buffer = queue.poll()) != Virtqueue.NONE; taken++) {
      accept(buffer, queue.usedLength(), consumer);
    }
    refill();
    return taken;
  }

  private void accept(int buffer, long used, FrameConsumer consumer) {
    if (unwanted > 0) {
      unwanted--;
      pool.takeBack(buffer);
    } else if (merged.isPartial()) {
      continueFrame(buffer, used, consumer);
    } else {
      beginFrame(buffer, used, consumer);
    }
  }

  private void beginFrame(int buffer, long used, FrameConsumer consumer) {
    if (used < headerLength) {
      merged.begin(1);
      merged.add(buffer, 0);
      drop(Counter.DROPPED_RUNT);
      return;
    }
    MemorySegment.copy(pool.memory(), pool.headerOffset(buffer), header, 0, headerLength);
    // Without MRG_RXBUF the field is not even written by QEMU before 10.0.
    int buffers = mergeable ? NetHeader.buffers(header, 0) : 1;
    boolean possible = buffers > 0 && buffers - 1 <= queue.outstanding();
    merged.begin(possible ? buffers : 1 + Math.min(Math.max(0, buffers - 1), queue.outstanding()));
    if (!possible) {
      merged.add(buffer, 0);
      drop(Counter.DROPPED_BAD_BUFFER_COUNT);
    } else if (used > queue.writableLength()) {
      dropOverlong(buffer);
    } else {
      merged.add(buffer, (int) used - headerLength);
      deliverIfComplete(consumer);
    }
  }

  private void continueFrame(int buffer, long used, FrameConsumer consumer) {
    if (used == 0) {
      merged.add(buffer, 0);
      drop(Counter.DROPPED_INCOMPLETE);
    } else if (used > queue.writableLength()) {
      dropOverlong(buffer);
    } else {
      merged.add(buffer, (int) used);
      deliverIfComplete(consumer);
    }
  }

  /**
   * The device claims to have written more than it may. Once that is a wrong length; a device that
   * gives nothing else may well write there.
   */
  private void dropOverlong(int buffer) {
    merged.add(buffer, 0);
    drop(Counter.DROPPED_OVERLONG);
    overlong++;
    if (overlong == MOST_OVERLONG) {
      throw new RingViolation(
          RingViolation.Kind.LENGTHS_BEYOND_BUFFERS,
          queue.index(),
          "%d lengths in a row that are beyond their buffers, the last %d"
              .formatted(overlong, queue.usedLength()));
    }
  }

  private void deliverIfComplete(FrameConsumer consumer) {
    if (merged.length() > OffloadFeatures.LONGEST_FRAME) {
      drop(Counter.DROPPED_OVERLONG);
    } else if (!merged.isPartial()) {
      deliver(consumer);
    }
  }

  private void deliver(FrameConsumer consumer) {
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
    consumer.accept(frame);
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
  void refill() {
    int before = queue.outstanding();
    if (fill()) {
      ringDoorbell();
    } else if (queue.outstanding() != before) {
      counters.increment(Counter.RECEIVE_KICKS_SAVED);
    }
  }

  /**
   * Gives the device buffers without telling it: to be done before it is started.
   *
   * @return whether the device wants to be told, by {@link #ringDoorbell()}
   */
  boolean fill() {
    int perBuffer = separateHeader ? 2 : 1;
    while (queue.free() >= perBuffer) {
      int buffer = pool.takeForDevice();
      if (buffer < 0) {
        break;
      }
      post(buffer);
    }
    return queue.publish();
  }

  void ringDoorbell() {
    transport.notifyQueue(queue.notification());
    counters.increment(Counter.RECEIVE_KICKS);
  }

  private void post(int buffer) {
    long address = pool.deviceAddress(buffer);
    chain.clear();
    if (separateHeader) {
      chain.writable(address, headerLength).writable(address + headerLength, pool.frameCapacity());
    } else {
      chain.writable(address, pool.bufferSize());
    }
    if (!queue.add(chain, buffer)) {
      throw new IllegalStateException("no room for buffer " + buffer + " in " + queue);
    }
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

  /** Buffers with the device. */
  public int posted() {
    return queue.outstanding();
  }

  /** Buffers with the device, or of a frame that is still to be completed. */
  int buffersHeld() {
    return queue.outstanding() + merged.count();
  }

  @Override
  public String toString() {
    return "receive " + queue;
  }
}
