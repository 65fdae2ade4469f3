package virtionet.virtio;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.BitSet;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.IntStream;
import virtionet.machine.BackEnd;

/**
 * A vhost-user back-end as a transport. What it need not have is made up for here: a device status,
 * and a configuration space, without which the features that say something of it are not offered.
 * The control queue is a front-end's affair in that protocol, and there is none.
 */
final class VhostUserTransport implements Transport {
  /** Keeps device-written and driver-written indices on cache lines of their own. */
  private static final int CACHE_LINE = 64;

  /**
   * Bits that back-ends offer on behalf of a front-end that has a control queue to show to a guest
   * (VirtIO 1.3 §5.1.3): there is none here.
   */
  private static final long OF_FRONT_ENDS =
      bits(2, 17, 18, 19, 20, 21, 22, 23, 51, 52, 53, 57, 60, 62);

  /** Those that say something of the configuration space: MTU, MAC, STATUS, SPEED_DUPLEX. */
  private static final long OF_CONFIGURATION = bits(3, 5, 16, 63);

  private static final long MQ = bits(22);

  /** Bytes of the configuration space up to the last field that is read. */
  private static final int CONFIG_BYTES = 17;

  private final BackEnd backEnd;
  private final BitSet enabled = new BitSet();
  private int status;

  private static long bits(int... bits) {
    return IntStream.of(bits).mapToLong(bit -> 1L << bit).reduce(0, (all, bit) -> all | bit);
  }

  VhostUserTransport(BackEnd backEnd) {
    this.backEnd = backEnd;
  }

  @Override
  public boolean isLegacy() {
    return false;
  }

  @Override
  public void within(Duration timeout, Runnable steps) {
    backEnd.within(timeout, steps);
  }

  @Override
  public int status() {
    return backEnd.status().orElse(status);
  }

  @Override
  public void setStatus(int wanted) {
    if (wanted == DeviceStatus.RESET) {
      // Also those that a transport of before has given: it may have failed to take them back.
      IntStream.range(0, backEnd.queues()).forEach(backEnd::disableQueue);
      enabled.clear();
    } else if ((wanted & ~status & DeviceStatus.DRIVER_OK) != 0) {
      backEnd.start();
    }
    backEnd.setStatus(wanted);
    status = wanted;
  }

  @Override
  public long deviceFeatures() {
    boolean configured = backEnd.configuration(CONFIG_BYTES).length == CONFIG_BYTES;
    long without = configured ? OF_FRONT_ENDS : OF_FRONT_ENDS | OF_CONFIGURATION;
    // A queue is stopped and given back by the protocol's own means.
    return (backEnd.features() & ~without) | CommonFeature.RING_RESET.mask();
  }

  @Override
  public void setDriverFeatures(long features) {
    // With several queue pairs, whoever asks: no control queue has to say so.
    backEnd.acceptFeatures((features | MQ) & backEnd.features());
  }

  @Override
  public long queueSizeMax(int queue) {
    return queue < backEnd.queues() ? RingLayout.MAX_SIZE : 0;
  }

  @Override
  public OptionalInt queues() {
    return OptionalInt.of(backEnd.queues());
  }

  @Override
  public int usedRingAlignment() {
    return CACHE_LINE;
  }

  @Override
  public boolean isQueueEnabled(int queue) {
    return enabled.get(queue);
  }

  @Override
  public void enableQueue(int queue, RingLayout layout, long deviceAddress) {
    enabled.set(queue);
    boolean isRunning = (status & DeviceStatus.DRIVER_OK) != 0;
    backEnd.enableQueue(
        queue,
        layout.size(),
        layout instanceof PackedRingLayout,
        deviceAddress + layout.descriptorArea(),
        deviceAddress + layout.driverArea(),
        deviceAddress + layout.deviceArea());
    if (isRunning) {
      backEnd.start();
    }
  }

  @Override
  public void resetQueue(int queue, Duration timeout) {
    backEnd.within(timeout, () -> backEnd.disableQueue(queue));
    enabled.clear(queue);
  }

  @Override
  public void notifyQueue(int notification) {
    backEnd.notifyQueue(notification & 0xffff);
  }

  @Override
  public int interruptStatus() {
    return backEnd.hasInterrupt() ? Interrupts.USED_BUFFER : 0;
  }

  @Override
  public void acknowledgeInterrupts(int bits) {
    backEnd.takeInterrupt();
  }

  @Override
  public <T> T readConfig(Function<ConfigSpace, T> reader) {
    // One message carries all of it: there is nothing that could change in between.
    return reader.apply(new BackEndConfig(ByteBuffer.wrap(backEnd.configuration(CONFIG_BYTES))));
  }

  private record BackEndConfig(ByteBuffer bytes) implements ConfigSpace {
    private BackEndConfig {
      bytes.order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public long size() {
      return bytes.limit();
    }

    @Override
    public int read8(int offset) {
      return Byte.toUnsignedInt(bytes.get(offset));
    }

    @Override
    public int read16(int offset) {
      return Short.toUnsignedInt(bytes.getShort(offset));
    }

    @Override
    public int read32(int offset) {
      return bytes.getInt(offset);
    }
  }
}
