package virtionet.virtio;

/**
 * A virtqueue, seen from the driver (VirtIO 1.3 §2.6). Not thread-safe: one owner at a time.
 *
 * <p>Buffers are {@linkplain #add added}, and become the device's with the next {@link #publish};
 * those that it has used come back from {@link #poll}, in any order.
 */
public sealed interface Virtqueue permits SplitVirtqueue {
  /** Answer of {@link #poll()} when the device has used nothing more. */
  int NONE = -1;

  /** The queue's index at its device. */
  int index();

  /** Descriptors in the queue. */
  int size();

  /** Descriptors that can still be added. */
  int free();

  /** Buffers given to the device that have not come back. */
  int outstanding();

  /**
   * Puts a buffer into the queue; the device does not know of it yet.
   *
   * @param token what {@link #poll} is to answer for this buffer; not negative
   * @return false when there are not enough free descriptors
   * @throws IllegalArgumentException for an empty chain, or one that can never fit
   * @throws RingViolation when the device broke this queue before
   */
  boolean add(DescriptorChain chain, int token);

  /**
   * Makes all that was added visible to the device.
   *
   * @return whether the device asks to be notified of it
   */
  boolean publish();

  /**
   * Takes back one buffer that the device has used.
   *
   * @return its token, or {@link #NONE}
   * @throws RingViolation when the device broke the rules, now or before
   */
  int poll();

  /**
   * Whether {@link #poll} would take one.
   *
   * @throws RingViolation when the device broke the rules, now or before
   */
  boolean hasUsed();

  /** Bytes that the device says it wrote into the last polled buffer: unsigned, not checked. */
  long usedLength();

  /** Bytes that the device was allowed to write into the last polled buffer. */
  long writableLength();

  /** Asks the device for no interrupts; a hint that it may ignore. */
  void disableInterrupts();

  /**
   * Asks the device for an interrupt once it has used {@code after} more buffers than were polled,
   * at least one.
   *
   * @return whether they have been used already: then poll again, no interrupt may come
   */
  boolean enableInterrupts(int after);
}
