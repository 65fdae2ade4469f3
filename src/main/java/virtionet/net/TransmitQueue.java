package virtionet.net;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import virtionet.virtio.Transport;
import virtionet.virtio.Virtqueue;

/**
 * Transmits frames (VirtIO 1.3 §5.1.6.2). Not thread-safe: one owner; only {@link #allocate} may be
 * called by any thread.
 */
public final class TransmitQueue {
  private static final int VLAN_TAG_LENGTH = 4;

  /** Frames that are taken back at once. */
  private static final int MOST_REAPED = 64;

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
  private final CounterShare counters;
  private final int mtu;
  private final OffloadFeatures features;
  private final boolean paranoid;
  private final InFlight inFlight;
  private final TransmitPlacement placement;

  /** A frame that the device cannot cut, and of which some segments are still to be sent. */
  private @Nullable Frame large;

  private @Nullable Segmenter segmenter;
  private String refusal = "";

  /** Of the frames that come back: what they are known by, and lengths that say nothing. */
  private final int[] tokens;

  private final long[] usedLengths;

  /** Frames that the call of send which is under way has put into the ring as they were. */
  private int placed;

  TransmitQueue(
      Virtqueue queue,
      Transport transport,
      BufferPool pool,
      List<BufferPool> devicePools,
      Counters counters,
      int headerLength,
      boolean separateHeader,
      int mtu,
      OffloadFeatures features,
      boolean paranoid) {
    this.queue = queue;
    this.transport = transport;
    this.pool = pool;
    this.counters = counters.ofQueue(queue.index());
    this.mtu = mtu;
    this.features = features;
    this.paranoid = paranoid;
    inFlight = new InFlight(separateHeader ? queue.size() / 2 : queue.size());
    tokens = new int[Math.min(MOST_REAPED, queue.size())];
    usedLengths = new long[tokens.length];
    placement =
        new TransmitPlacement(
            queue, pool, devicePools, this.counters, inFlight, headerLength, separateHeader);
  }

  /**
   * A frame that lies in a device buffer, so that it is transmitted without a copy; if paranoid, on
   * the Java heap, where no device sees or changes what is being made. Any thread.
   *
   * @param length bytes
   * @return empty when all device buffers are given out or on their way, but for as many as the
   *     ring holds; or the length is below 0 or too much for a buffer
   */
  public Optional<Frame> allocate(int length) {
    if (paranoid) {
      return length < 0 || length > pool.frameCapacity()
          ? Optional.empty()
          : Optional.of(Frame.ofLength(length));
    }
    return pool.allocate(length, allocationLimit());
  }

  /**
   * Adds frames as {@link #allocate(int)} makes them to a batch, where they are filled: in device
   * buffers without an object for each. Any thread, which holds the batch.
   *
   * @param frames how many are wanted; below 1: none
   * @param length bytes of each
   * @return how many were added: less where the batch has no room for more, or where {@link
   *     #allocate(int)} would have given less
   * @throws IllegalStateException when the batch was released or passed on
   */
  public int allocate(FrameBatch batch, int frames, int length) {
    int wanted = Math.min(frames, batch.room());
    if (wanted <= 0 || length < 0 || length > pool.frameCapacity()) {
      return 0;
    }
    if (!paranoid) {
      return batch.allocate(pool, wanted, length, allocationLimit());
    }
    for (int i = 0; i < wanted; i++) {
      batch.add(Frame.ofLength(length));
    }
    return wanted;
  }

  /**
   * As many as the ring holds stay free, for copies: else whoever keeps all the others would keep
   * the frames of the heap from being sent.
   */
  private int allocationLimit() {
    return pool.count() - inFlight.capacity();
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

  /**
   * Puts frames into the ring, from the batch's front. Unless the answer is {@link Outcome#FULL}
   * the batch is empty; frames that cannot be sent were refused, as {@link #send(Frame)} does.
   *
   * @return QUEUED or FULL
   */
  public Outcome send(FrameBatch batch) {
    FrameSlots slots = batch.slots();
    while (!batch.isEmpty()) {
      placed = 0;
      try {
        sendPlain(slots, batch.first(), batch.size());
      } finally {
        batch.removeFirst(placed);
      }
      if (!batch.isEmpty()) {
        if (send(slots.peek(batch.first())) == Outcome.FULL) {
          return Outcome.FULL;
        }
        slots.clear(batch.first());
        batch.removeFirst(1);
      }
    }
    return Outcome.QUEUED;
  }

  /**
   * Takes frames out of a queue and puts them into the ring, as long as there is room, and as there
   * is nothing to be done or refused for the next: that one is for {@link #send(Frame)}.
   *
   * @return how many, up to the most that were wanted
   */
  public int send(FrameRing frames, int most) {
    int available = frames.available(most);
    placed = 0;
    try {
      // The slots go round: two runs at the most.
      int run;
      do {
        int slot = frames.slot(placed);
        run = placed + Math.min(available - placed, frames.slots().count() - slot);
        sendPlain(frames.slots(), slot, run - placed);
      } while (placed == run && placed < available);
    } finally {
      if (placed > 0) {
        frames.advance(placed);
      }
    }
    return placed;
  }

  private void sendPlain(FrameSlots slots, int first, int most) {
    if (segmenter != null) {
      return;
    }
    int wanted = Math.min(most, placement.plainRoom());
    int end = first + wanted;
    int slot = first;
    // Else frames would be taken for a ring that takes none.
    queue.throwIfBroken();
    try {
      while (slot < end && slots.isPlain(slot) && placement.canPlacePlain(slots.pool(slot))) {
        int next = placement.preparePlain(slots, slot, end, mtu + Frame.HEADER_LENGTH);
        if (next == slot) {
          return;
        }
        slot = next;
      }
    } finally {
      placed += placement.placePrepared();
    }
  }

  /** Why the last frame was refused for its offload. */
  public String refusal() {
    return refusal;
  }

  private Outcome place(Frame frame, Offload offload, int length) {
    Outcome outcome = placement.place(frame, offload, length);
    return outcome == Outcome.NOT_HELD ? notHeld() : outcome;
  }

  private boolean isForTheDevice(Frame frame, Offload offload) {
    return features.checksum()
        && features.sends(offload.segmentation())
        && (features.ecn() || !NetHeader.reducesWindow(frame, offload));
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
      if (!placement.placeSegment(segmenter)) {
        return false;
      }
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

  /**
   * Tells the device of all that was queued; one doorbell, or none if it did not ask for it.
   *
   * @return whether it was rung
   */
  public boolean flush() {
    int before = queue.outstanding();
    boolean wanted = queue.publish();
    if (wanted) {
      transport.notifyQueue(queue.notification());
      counters.increment(Counter.TRANSMIT_KICKS);
    } else if (queue.outstanding() != before) {
      counters.increment(Counter.TRANSMIT_KICKS_SAVED);
    }
    return wanted;
  }

  /** Tells the device once more of what it has, asked for or not. */
  public void ringDoorbell() {
    transport.notifyQueue(queue.notification());
    counters.increment(Counter.TRANSMIT_KICKS);
  }

  /**
   * Releases the frames that the device has sent; segments that wait for room go into the ring.
   *
   * @return how many
   * @throws virtionet.virtio.RingViolation when the device broke the ring: reset it
   */
  public int reap() {
    int reaped = 0;
    long bytes = 0;
    try {
      int sent;
      do {
        sent = queue.poll(tokens, usedLengths, tokens.length);
        bytes += inFlight.release(tokens, sent);
        reaped += sent;
      } while (sent == tokens.length);
    } finally {
      inFlight.giveBack();
      counters.add(Counter.TRANSMITTED_FRAMES, reaped);
      counters.add(Counter.TRANSMITTED_BYTES, bytes);
    }
    queue.throwIfBroken();
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

  /** Whether the device has sent frames that were not taken back yet. */
  boolean hasUsed() {
    return queue.hasUsed();
  }

  /** Frames with the device. For any thread: as its owner left it, or a little before. */
  public int inFlight() {
    return inFlight.count();
  }

  /** Bytes of all frames that the device ever had. */
  public long bytesQueued() {
    return inFlight.bytes();
  }

  /** Buffers of the frames with the device. */
  int buffersInFlight() {
    return inFlight.buffers();
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

  /** Its ring, slot by slot: see {@link Virtqueue#slots}. Any thread. */
  public String slots() {
    return queue.slots();
  }

  @Override
  public String toString() {
    return "transmit " + queue;
  }
}
