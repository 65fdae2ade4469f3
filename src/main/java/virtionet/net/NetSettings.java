package virtionet.net;

import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import virtionet.virtio.RingLayout;

/**
 * How a network device is to be set up.
 *
 * @param receiveQueueSize descriptors; a power of two. The device may allow fewer, never more
 * @param transmitQueueSize as the other
 * @param bufferSize bytes of each buffer, header included; raised where the device needs more
 * @param resetTimeout how long a device may take to confirm a reset
 * @param disabledFeatures names of features, such as {@code EVENT_IDX}, that are not to be accepted
 * @param requiredFeatures names of features without which a device is not to be used
 * @param receivedFrames in which shape received frames leave the driver
 * @param queuePairs receive and transmit queues to set up, as far as the device has them
 * @param receiveHashes what received frames are to be hashed for
 * @param paranoid whether frames leave device memory before they are looked at, and enter it only
 *     when they are sent: no device changes or reads what clients hold
 */
public record NetSettings(
    int receiveQueueSize,
    int transmitQueueSize,
    int bufferSize,
    Duration resetTimeout,
    Set<String> disabledFeatures,
    Set<String> requiredFeatures,
    ReceivedFrames receivedFrames,
    int queuePairs,
    ReceiveHashes receiveHashes,
    boolean paranoid) {

  /** More than any device has that is known; each takes its buffers. */
  private static final int MOST_PAIRS = 256;

  /** Two descriptors hold a buffer even where header and frame need one each. */
  private static final int SMALLEST_QUEUE = 2;

  /** Bytes for the header and the largest untagged frame without offloads (VirtIO 1.3 §5.1.6.3). */
  static final int SMALLEST_BUFFER = 1526;

  private static final int LARGEST_BUFFER = 65_600;

  public NetSettings {
    Objects.requireNonNull(receivedFrames, "receivedFrames");
    Objects.requireNonNull(receiveHashes, "receiveHashes");
    requireQueueSize("receive-queue-size", receiveQueueSize);
    requireQueueSize("transmit-queue-size", transmitQueueSize);
    if (bufferSize < SMALLEST_BUFFER || bufferSize > LARGEST_BUFFER) {
      throw new IllegalArgumentException(
          "buffer-size %d: must be from %d to %d bytes"
              .formatted(bufferSize, SMALLEST_BUFFER, LARGEST_BUFFER));
    }
    if (resetTimeout.isNegative() || resetTimeout.isZero()) {
      throw new IllegalArgumentException("reset-timeout " + resetTimeout + ": must be more than 0");
    }
    if (queuePairs < 1 || queuePairs > MOST_PAIRS) {
      throw new IllegalArgumentException(
          "queue-pairs %d: must be from 1 to %d".formatted(queuePairs, MOST_PAIRS));
    }
    disabledFeatures = Set.copyOf(disabledFeatures);
    requiredFeatures = Set.copyOf(requiredFeatures);
    FeatureWishes.check(disabledFeatures, requiredFeatures);
  }

  /** With no feature required, and received frames complete, as most want them. */
  public NetSettings(
      int receiveQueueSize,
      int transmitQueueSize,
      int bufferSize,
      Duration resetTimeout,
      Set<String> disabledFeatures) {
    this(
        receiveQueueSize,
        transmitQueueSize,
        bufferSize,
        resetTimeout,
        disabledFeatures,
        Set.of(),
        ReceivedFrames.COMPLETE,
        1,
        ReceiveHashes.NONE,
        false);
  }

  /** The same with received frames in this shape. */
  public NetSettings with(ReceivedFrames shape) {
    return new NetSettings(
        receiveQueueSize,
        transmitQueueSize,
        bufferSize,
        resetTimeout,
        disabledFeatures,
        requiredFeatures,
        shape,
        queuePairs,
        receiveHashes,
        paranoid);
  }

  /** The same with that many queue pairs. */
  public NetSettings withQueuePairs(int pairs) {
    return new NetSettings(
        receiveQueueSize,
        transmitQueueSize,
        bufferSize,
        resetTimeout,
        disabledFeatures,
        requiredFeatures,
        receivedFrames,
        pairs,
        receiveHashes,
        paranoid);
  }

  /** The same with received frames hashed for that. */
  public NetSettings withReceiveHashes(ReceiveHashes hashes) {
    return new NetSettings(
        receiveQueueSize,
        transmitQueueSize,
        bufferSize,
        resetTimeout,
        disabledFeatures,
        requiredFeatures,
        receivedFrames,
        queuePairs,
        hashes,
        paranoid);
  }

  /** The same with frames that no device can reach while clients hold them, or without. */
  public NetSettings withParanoid(boolean copies) {
    return new NetSettings(
        receiveQueueSize,
        transmitQueueSize,
        bufferSize,
        resetTimeout,
        disabledFeatures,
        requiredFeatures,
        receivedFrames,
        queuePairs,
        receiveHashes,
        copies);
  }

  private static void requireQueueSize(String setting, int size) {
    if (size < SMALLEST_QUEUE || Integer.bitCount(size) != 1 || size > RingLayout.MAX_SIZE) {
      throw new IllegalArgumentException(
          "%s %d: must be a power of two from %d to %d"
              .formatted(setting, size, SMALLEST_QUEUE, RingLayout.MAX_SIZE));
    }
  }

  /** What suits most: 256 descriptors each way, 2 KiB buffers, one second for a reset. */
  public static NetSettings defaults() {
    return new NetSettings(256, 256, 2048, Duration.ofSeconds(1), Set.of());
  }
}
