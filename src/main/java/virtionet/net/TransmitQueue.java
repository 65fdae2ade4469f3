package virtionet.net;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import virtionet.virtio.DescriptorChain;
import virtionet.virtio.Transport;
import virtionet.virtio.Virtqueue;

/**
 * Transmits frames (VirtIO 1.3 §5.1.6.2). Not thread-safe: one owner; only {@link #allocate} may be
 * called by any thread.
 */
public final class TransmitQueue {
  private static final int VLAN_TAG_LENGTH = 4;
  private static final int[] NONE = {};

  /** What became of a frame. */
  public enum Outcome {
    /** In the ring; the device learns of it with the next flush. */
    QUEUED,
    /** There is no room; the frame stays with the caller. */
    FULL,
    /** Refused and released: shorter than an Ethernet header. */
    TOO_SHORT,
    /** Refused and released: longer than the MTU allows. */
    TOO_LONG,
    /** Refused and released: its offload cannot be true of it; {@link #refusal} says why. */
    WRONG_OFFLOAD,
    /** Refused: the caller is not its holder, it was released or sent before. */
    NOT_HELD
  }

  private final Virtqueue queue;
  private final Transport transport;
  private final BufferPool pool;
  private final List<BufferPool> devicePools;
  private final Counters counters;
  private final int headerLength;
  private final boolean separateHeader;
  private final int mtu;
  private final OffloadFeatures features;
  private final DescriptorChain chain = new DescriptorChain();

  private final InFlight inFlight;

  /** A frame that the device cannot cut, and of which some segments are still to be sent. */
  private @Nullable Frame large;

  private @Nullable Segmenter segmenter;
  private String refusal = "";

  TransmitQueue(
      Virtqueue queue,
      Transport transport,
      BufferPool pool,
      List<BufferPool> devicePools,
      Counters counters,
      int headerLength,
      boolean separateHeader,
      int mtu,
      OffloadFeatures features) {
    this.queue = queue;
    this.transport = transport;
    this.pool = pool;
    this.devicePools = devicePools;
    this.counters = counters;
    this.headerLength = headerLength;
    this.separateHeader = separateHeader;
    this.mtu = mtu;
    this.features = features;
    inFlight = new InFlight(separateHeader ? queue.size() / 2 : queue.size());
  }

  /**
   * A frame that lies in a device buffer, so that it is transmitted without a copy. Any thread.
   *
   * @return empty when as many are given out as the ring holds, or the frame is too long
   */
  public Optional<Frame> allocate(int length) {
    return pool.allocate(length, inFlight.capacity());
  }

  /**
   * Puts a frame into the ring. Unless the answer is {@link Outcome#FULL} the frame is no longer
   * the caller's: its buffer goes back when the device has sent it, or at once when it is refused.
   */
  public Outcome send(Frame frame) {
    int length = frame.length();
    if (length < Frame.HEADER_LENGTH) {
      return refuse(frame, Counter.REFUSED_SHORT, Outcome.TOO_SHORT);
    }
    Offload offload = frame.offload();
    if (!offload.needsSegmentation() && length > longest(frame)) {
      return refuse(frame, Counter.REFUSED_LONG, Outcome.TOO_LONG);
    }
    if (!offload.isDone()) {
      String problem = OffloadRules.problem(frame, offload, mtu);
      if (problem != null) {
        refusal = problem;
        return refuse(frame, Counter.REFUSED_OFFLOAD, Outcome.WRONG_OFFLOAD);
      }
    }
    if (inFlight.room() == 0 || !sendSegments()) {
      return Outcome.FULL;
    }
    if (frame.isReleased()) {
      return notHeld();
    }
    if (offload.isDone() || isForTheDevice(frame, offload)) {
      return place(frame, offload, length);
    }
    if (offload.needsSegmentation()) {
      return segment(frame, offload);
    }
    Offloads.complete(frame, offload);
    counters.increment(Counter.CHECKSUMS_COMPLETED);
    return place(frame, frame.offload(), length);
  }

  /** Why the last frame was refused for its offload. */
  public String refusal() {
    return refusal;
  }

  private boolean isForTheDevice(Frame frame, Offload offload) {
    return features.checksum()
        && features.sends(offload.segmentation())
        && (features.ecn() || !NetHeader.reducesWindow(frame, offload));
  }

  private Outcome place(Frame frame, Offload offload, int length) {
    BufferPool home = home(frame);
    if (home == null) {
      return placeCopy(frame, offload, length);
    }
    if (queue.free() < pieces(frame.segmentCount())) {
      return Outcome.FULL;
    }
    if (!frame.take()) {
      return notHeld();
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
      return notHeld();
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

  /** Takes a frame that the device cannot cut: its segments are sent as there is room. */
  private Outcome segment(Frame frame, Offload offload) {
    Segmenter begun = Segmenter.of(frame, offload, mtu);
    if (begun == null) {
      refusal = "its headers have changed since it was looked at";
      return refuse(frame, Counter.REFUSED_OFFLOAD, Outcome.WRONG_OFFLOAD);
    }
    if (!frame.take()) {
      return notHeld();
    }
    counters.increment(Counter.SEGMENTED_FRAMES);
    large = frame;
    segmenter = begun;
    sendSegments();
    return Outcome.QUEUED;
  }

  /** Whether no segment waits for room any more. */
  private boolean sendSegments() {
    while (segmenter != null && large != null) {
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
      if (!segmenter.hasNext()) {
        giveUpLarge();
      }
    }
    return true;
  }

  private boolean giveUpLarge() {
    Frame frame = large;
    large = null;
    segmenter = null;
    if (frame != null) {
      frame.giveBack();
    }
    return frame != null;
  }

  private Outcome refuse(Frame frame, Counter reason, Outcome outcome) {
    if (!frame.take()) {
      return notHeld();
    }
    frame.giveBack();
    counters.increment(reason);
    return outcome;
  }

  private Outcome notHeld() {
    counters.increment(Counter.REFUSED_RELEASED);
    return Outcome.NOT_HELD;
  }

  private int longest(Frame frame) {
    int untagged = mtu + Frame.HEADER_LENGTH;
    return frame.length() > untagged && Packet.isTagged(frame)
        ? untagged + VLAN_TAG_LENGTH
        : untagged;
  }

  /** The pool that the frame lies in, when the device can read it there. */
  private @Nullable BufferPool home(Frame frame) {
    FrameOwner owner = frame.owner();
    if (!(owner instanceof BufferPool home) || pieces(frame.segmentCount()) > queue.size()) {
      return null;
    }
    return home == pool || devicePools.contains(home) ? home : null;
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

  /** Tells the device of all that was queued; one doorbell, or none if it did not ask for it. */
  public void flush() {
    int before = queue.outstanding();
    if (queue.publish()) {
      transport.notifyQueue(queue.notification());
      counters.increment(Counter.TRANSMIT_KICKS);
    } else if (queue.outstanding() != before) {
      counters.increment(Counter.TRANSMIT_KICKS_SAVED);
    }
  }

  /**
   * Releases the frames that the device has sent; segments that wait for room go into the ring.
   *
   * @return how many
   * @throws virtionet.virtio.RingViolation when the device broke the ring: reset it
   */
  public int reap() {
    int reaped = 0;
    for (int token; (token = queue.poll()) != Virtqueue.NONE; reaped++) {
      counters.increment(Counter.TRANSMITTED_FRAMES);
      counters.add(Counter.TRANSMITTED_BYTES, inFlight.length(token));
      inFlight.release(token);
    }
    sendSegments();
    return reaped;
  }

  /**
   * Asks for an interrupt once most of the frames in flight are sent. Asked again after each, the
   * last frame is reported too, after a number of interrupts that grows with the logarithm.
   *
   * @return whether that many are sent already: no interrupt may come for them
   */
  public boolean enableInterrupts() {
    int unsent = queue.outstanding();
    return queue.enableInterrupts(unsent - unsent / 4);
  }

  /** Asks for no interrupts, while completions are looked for anyway. */
  public void disableInterrupts() {
    queue.disableInterrupts();
  }

  /** Frames with the device. */
  public int inFlight() {
    return inFlight.count();
  }

  /** Whether no frame is with the device, and no part of one waits for room. */
  public boolean isEmpty() {
    return segmenter == null && inFlight.count() == 0;
  }

  /** Frames that can be sent before the ring is full. */
  public int room() {
    return segmenter == null ? inFlight.room() : 0;
  }

  /** Frames that the ring holds. */
  public int capacity() {
    return inFlight.capacity();
  }

  /**
   * Gives up the frames in flight, after the device has confirmed its reset.
   *
   * @return how many
   */
  int abort() {
    int aborted = inFlight.releaseAll();
    if (giveUpLarge()) {
      aborted++;
    }
    counters.add(Counter.TRANSMIT_ABORTED, aborted);
    return aborted;
  }

  @Override
  public String toString() {
    return "transmit " + queue;
  }
}
