package virtionet.net;

import java.lang.foreign.MemorySegment;
import virtionet.virtio.DescriptorChain;
import virtionet.virtio.Transport;
import virtionet.virtio.Virtqueue;

/**
 * Receives frames (VirtIO 1.3 §5.1.6.3, §5.1.6.4). Not thread-safe: one owner. The frames that it
 * gives out are views of the buffers that the device wrote.
 *
 * <p>The ring never runs dry: there are more buffers than it has room for, and once as many are
 * lent as there are more, a frame is copied and its buffer stays.
 */
public final class ReceiveQueue {
  private final Virtqueue queue;
  private final Transport transport;
  private final BufferPool pool;
  private final Counters counters;
  private final int headerLength;
  private final boolean separateHeader;
  private final int longestFrame;
  private final int lentLimit;
  private final DescriptorChain chain = new DescriptorChain();

  /**
   * @param separateHeader whether the header needs a descriptor of its own (VirtIO 1.3 §5.1.6.6)
   * @param longestFrame bytes; what is longer breaks the negotiated MTU
   */
  ReceiveQueue(
      Virtqueue queue,
      Transport transport,
      BufferPool pool,
      Counters counters,
      int headerLength,
      boolean separateHeader,
      int longestFrame) {
    this.queue = queue;
    this.transport = transport;
    this.pool = pool;
    this.counters = counters;
    this.headerLength = headerLength;
    this.separateHeader = separateHeader;
    this.longestFrame = longestFrame;
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
   * @throws virtionet.virtio.RingViolation when the device broke the ring: reset it
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
    if (used > queue.writableLength()) {
      drop(buffer, Counter.DROPPED_OVERLONG);
      return;
    }
    int length = (int) used - headerLength;
    if (length < Frame.HEADER_LENGTH) {
      drop(buffer, Counter.DROPPED_RUNT);
      return;
    }
    if (length > longestFrame) {
      drop(buffer, Counter.DROPPED_OVERLONG);
      return;
    }
    // Of the header's other fields none means anything without its feature; num_buffers is not
    // even written by QEMU before 10.0.
    if (NetHeader.gsoType(pool.memory(), pool.headerOffset(buffer)) != NetHeader.GSO_NONE) {
      drop(buffer, Counter.DROPPED_BAD_HEADER);
      return;
    }
    counters.increment(Counter.RECEIVED_FRAMES);
    counters.add(Counter.RECEIVED_BYTES, length);
    if (pool.lent() < lentLimit) {
      consumer.accept(pool.lend(buffer, length));
    } else {
      counters.increment(Counter.COPIED_FRAMES);
      byte[] copy = new byte[length];
      MemorySegment.copy(
          pool.memory(),
          pool.headerOffset(buffer) + headerLength,
          MemorySegment.ofArray(copy),
          0,
          length);
      post(buffer);
      consumer.accept(Frame.wrap(copy));
    }
  }

  private void drop(int buffer, Counter reason) {
    counters.increment(reason);
    post(buffer);
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

  @Override
  public String toString() {
    return "receive " + queue;
  }
}
