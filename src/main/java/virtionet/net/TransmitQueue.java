package virtionet.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
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
  private static final short VLAN = (short) 0x8100;
  private static final int ETHER_TYPE = 12;
  private static final ValueLayout.OfShort ETHER_TYPE_LAYOUT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

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
    /** Refused: the caller is not its holder, it was released or sent before. */
    NOT_HELD
  }

  private final Virtqueue queue;
  private final Transport transport;
  private final BufferPool pool;
  private final BufferPool receivePool;
  private final Counters counters;
  private final int headerLength;
  private final boolean separateHeader;
  private final int mtu;
  private final DescriptorChain chain = new DescriptorChain();

  /** By token, of each frame with the device: its buffer's pool and number, and its length. */
  private final @Nullable BufferPool[] homes;

  private final int[] buffers;
  private final int[] lengths;

  /** Stack of the tokens that are not in use. */
  private final int[] freeTokens;

  private int freeTokenCount;

  TransmitQueue(
      Virtqueue queue,
      Transport transport,
      BufferPool pool,
      BufferPool receivePool,
      Counters counters,
      int headerLength,
      boolean separateHeader,
      int mtu) {
    this.queue = queue;
    this.transport = transport;
    this.pool = pool;
    this.receivePool = receivePool;
    this.counters = counters;
    this.headerLength = headerLength;
    this.separateHeader = separateHeader;
    this.mtu = mtu;
    int capacity = separateHeader ? queue.size() / 2 : queue.size();
    homes = new BufferPool[capacity];
    buffers = new int[capacity];
    lengths = new int[capacity];
    freeTokens = new int[capacity];
    for (int i = 0; i < capacity; i++) {
      freeTokens[i] = i;
    }
    freeTokenCount = capacity;
  }

  /**
   * A frame that lies in a device buffer, so that it is transmitted without a copy. Any thread.
   *
   * @return empty when as many are given out as the ring holds, or the frame is too long
   */
  public Optional<Frame> allocate(int length) {
    return pool.allocate(length, freeTokens.length);
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
    if (length > longest(frame)) {
      return refuse(frame, Counter.REFUSED_LONG, Outcome.TOO_LONG);
    }
    if (freeTokenCount == 0) {
      return Outcome.FULL;
    }
    BufferPool home = home(frame);
    if (home != null) {
      if (!frame.take()) {
        return notHeld();
      }
      enqueue(home, frame.buffer(), length);
      return Outcome.QUEUED;
    }
    int buffer = pool.borrow(pool.count());
    if (buffer < 0) {
      return Outcome.FULL;
    }
    MemorySegment.copy(frame.bytes(), 0, pool.memory(), pool.frameOffset(buffer), length);
    if (!frame.take()) {
      pool.released(buffer);
      return notHeld();
    }
    frame.giveBack();
    counters.increment(Counter.TRANSMIT_COPIES);
    enqueue(pool, buffer, length);
    return Outcome.QUEUED;
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
    return frame.length() > untagged && frame.bytes().get(ETHER_TYPE_LAYOUT, ETHER_TYPE) == VLAN
        ? untagged + VLAN_TAG_LENGTH
        : untagged;
  }

  /** The pool that the frame lies in, when the device can read it there. */
  private @Nullable BufferPool home(Frame frame) {
    FrameOwner owner = frame.owner();
    if (owner == pool) {
      return pool;
    }
    return owner == receivePool ? receivePool : null;
  }

  private void enqueue(BufferPool home, int buffer, int length) {
    NetHeader.writePlain(home.memory(), home.headerOffset(buffer), headerLength);
    long address = home.deviceAddress(buffer);
    chain.clear();
    if (separateHeader) {
      chain.readable(address, headerLength).readable(address + headerLength, length);
    } else {
      chain.readable(address, headerLength + length);
    }
    int token = freeTokens[--freeTokenCount];
    homes[token] = home;
    buffers[token] = buffer;
    lengths[token] = length;
    if (!queue.add(chain, token)) {
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
   * Releases the frames that the device has sent.
   *
   * @return how many
   * @throws virtionet.virtio.RingViolation when the device broke the ring: reset it
   */
  public int reap() {
    int reaped = 0;
    for (int token; (token = queue.poll()) != Virtqueue.NONE; reaped++) {
      counters.increment(Counter.TRANSMITTED_FRAMES);
      counters.add(Counter.TRANSMITTED_BYTES, lengths[token]);
      takeBack(token);
    }
    return reaped;
  }

  private void takeBack(int token) {
    BufferPool home = homes[token];
    if (home == null) {
      throw new IllegalStateException("no frame with token " + token + " in " + queue);
    }
    homes[token] = null;
    freeTokens[freeTokenCount++] = token;
    home.released(buffers[token]);
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
    return freeTokens.length - freeTokenCount;
  }

  /** Frames that can be sent before the ring is full. */
  public int room() {
    return freeTokenCount;
  }

  /** Frames that the ring holds. */
  public int capacity() {
    return freeTokens.length;
  }

  /**
   * Gives up the frames in flight, after the device has confirmed its reset.
   *
   * @return how many
   */
  int abort() {
    int aborted = 0;
    for (int token = 0; token < homes.length; token++) {
      if (homes[token] != null) {
        takeBack(token);
        aborted++;
      }
    }
    counters.add(Counter.TRANSMIT_ABORTED, aborted);
    return aborted;
  }

  @Override
  public String toString() {
    return "transmit " + queue;
  }
}
