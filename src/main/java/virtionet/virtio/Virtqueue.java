package virtionet.virtio;

/**
 * A virtqueue, seen from the driver (VirtIO 1.3 §2.6); {@link Virtqueues} makes one. Not
 * thread-safe: one owner at a time.
 *
 * <p>Buffers are {@linkplain #add added}, and become the device's with the next {@link #publish};
 * those that it has used come back from {@link #poll}, in any order; with IN_ORDER in the order in
 * which they were added.
 */
public sealed interface Virtqueue permits BaseVirtqueue {
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
   * @return false when there are not enough free descriptors; a buffer takes one for each piece, or
   *     a single one where it goes through an indirect table
   * @throws IllegalArgumentException for an empty chain, or one that can never fit
   * @throws RingViolation when the device broke this queue before
   */
  boolean add(DescriptorChain chain, int token);

  /**
   * Puts a buffer of a single piece into the queue, as {@link #add(DescriptorChain, int)} would.
   *
   * @param length bytes, at least 1
   * @param writable whether the device writes it, or else reads it
   */
  boolean add(long address, int length, boolean writable, int token);

  /**
   * Puts many buffers of a single piece into the queue, as {@link #add(long, int, boolean, int)}
   * would one by one: from the arrays' front, as long as there is room.
   *
   * @param lengths bytes of each, at least 1
   * @param writable whether the device writes them, or else reads them
   * @return how many
   */
  int add(long[] addresses, int[] lengths, int[] tokens, int count, boolean writable);

  /**
   * Makes all that was added visible to the device.
   *
   * @return whether the device asks to be notified of it
   */
  boolean publish();

  /**
   * What the doorbell takes to tell of all that was published: the queue's index; with
   * NOTIFICATION_DATA also how far it is filled (VirtIO 1.3 §2.9).
   */
  int notification();

  /**
   * Takes back one buffer that the device has used.
   *
   * @return its token, or {@link #NONE}
   * @throws RingViolation when the device broke the rules, now or before
   */
  int poll();

  /**
   * Takes back many buffers that the device has used, as {@link #poll()} would one by one.
   *
   * @param tokens where their tokens go
   * @param usedLengths where the {@link #usedLength()} of each goes
   * @param most how many at the most
   * @return how many; fewer than the most when the device has used nothing more, or has broken the
   *     rules behind them: {@link #throwIfBroken} tells
   * @throws RingViolation when the device broke the rules, now or before, and none was taken
   */
  int poll(int[] tokens, long[] usedLengths, int most);

  /**
   * Says whether the device has broken this queue.
   *
   * @throws RingViolation if it has
   */
  void throwIfBroken();

  /**
   * Whether {@link #poll} would take one.
   *
   * @throws RingViolation when the device broke the rules, now or before
   */
  boolean hasUsed();

  /**
   * Bytes that the device says it wrote into the buffer that {@link #poll()} took last: unsigned,
   * not checked.
   *
   * <p>With IN_ORDER a device may tell of several buffers at once and gives a length for the last
   * alone. Each other one counts as written to its end, as the specification has it (VirtIO 1.3
   * §2.7.9, §2.8.8).
   */
  long usedLength();

  /** Bytes that the device was allowed to write into the buffer that {@link #poll()} took last. */
  long writableLength();

  /** Asks the device for no interrupts; a hint that it may ignore. */
  void disableInterrupts();

  /**
   * Asks the device for an interrupt once it has used {@code after} more buffers than were polled,
   * at least one. A hint too: it may come earlier.
   *
   * @return whether it may not come, since they have been used already; then poll again. A packed
   *     queue says so as soon as one has been used
   */
  boolean enableInterrupts(int after);

  /**
   * Who has the buffer that begins at each descriptor, or in a packed queue has that number: {@code
   * #} the device, {@code +} the driver, who has added and not yet published it, {@code .} nobody.
   * For people, and for any thread: each as its owner left it, or a little before.
   */
  String slots();

  /**
   * Forgets all buffers and starts from nothing, with zeroed memory. Only while the device does not
   * use the queue: after it has confirmed the queue's reset.
   */
  void reset();
}
