package virtionet.virtio;

import java.time.Duration;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * How a virtio device is reached (VirtIO 1.3 §4). Not thread-safe: whoever owns the device
 * serialises the calls; only {@link #notifyQueue}, {@link #interruptStatus} and {@link
 * #acknowledgeInterrupts} may be called while another thread is in one of them.
 */
public interface Transport {

  /** Whether the legacy interface is spoken: no FEATURES_OK, other headers, other rings. */
  boolean isLegacy();

  /**
   * Does something with the device for which it may take this long in all; only where each answer
   * is waited for is there something to bound.
   */
  default void within(Duration timeout, Runnable steps) {
    steps.run();
  }

  /** The device status field. */
  int status();

  void setStatus(int status);

  /** The 64 feature bits that the device offers. */
  long deviceFeatures();

  /** Tells the device which features are accepted. */
  void setDriverFeatures(long features);

  /**
   * The largest size, in descriptors, of a queue; unsigned as the device gave it, 0 where there is
   * no such queue.
   */
  long queueSizeMax(int queue);

  /**
   * Virtqueues of a device that uses all it is given from the start on, and has no control queue to
   * be told how many; empty for all others.
   */
  default OptionalInt queues() {
    return OptionalInt.empty();
  }

  /** The alignment of a split queue's used ring, in bytes, that this transport asks for. */
  int usedRingAlignment();

  /** Whether the device holds this queue in use: it must not, before its setup. */
  boolean isQueueEnabled(int queue);

  /**
   * Tells the device where a queue of either format lies and lets it use the queue.
   *
   * @throws VirtioException when the device does not take it
   * @throws IllegalArgumentException for a format or a place that this transport cannot name
   */
  void enableQueue(int queue, RingLayout layout, long deviceAddress);

  /**
   * Makes the device let go of one queue while the others go on (VirtIO 1.3 §2.6.1); only with
   * RING_RESET.
   *
   * @param timeout how long the device may take to confirm
   * @throws VirtioException when it cannot do so after all, or does not confirm in time: the queue
   *     and its memory are still the device's
   */
  void resetQueue(int queue, Duration timeout);

  /**
   * Rings the doorbell of a queue, without waiting for the device.
   *
   * @param notification what {@link Virtqueue#notification()} says: the queue's index, and more
   *     with NOTIFICATION_DATA
   */
  void notifyQueue(int notification);

  /** Why the line was raised: bits of {@link Interrupts}, undefined ones cleared. */
  int interruptStatus();

  /** Takes the line down for these bits. */
  void acknowledgeInterrupts(int bits);

  /**
   * Reads several fields of the configuration space as they stood at one moment (VirtIO 1.3
   * §2.5.1).
   *
   * @param reader called again as long as the device changes its mind; its result needs equals
   * @throws VirtioException when the device does not come to rest
   */
  <T> T readConfig(Function<ConfigSpace, T> reader);
}
