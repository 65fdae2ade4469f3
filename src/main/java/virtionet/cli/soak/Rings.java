package virtionet.cli.soak;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import virtionet.machine.ForwardingRegisters;
import virtionet.machine.Registers;

/**
 * A modern device's registers, which hear where the driver puts its queues, and can fail at a
 * doorbell (VirtIO 1.3 §4.2.2).
 */
final class Rings extends ForwardingRegisters {
  private static final long QUEUE_SEL = 0x030;
  private static final long QUEUE_SIZE = 0x038;
  private static final long QUEUE_NOTIFY = 0x050;
  private static final long QUEUE_DESC_LOW = 0x080;
  private static final long QUEUE_DRIVER_LOW = 0x090;
  private static final long QUEUE_DEVICE_LOW = 0x0a0;

  private final Registers device;
  private final BooleanSupplier failsAtDoorbell;

  /** Values by register and queue. */
  private final Map<Long, Integer> heard = new ConcurrentHashMap<>();

  private volatile int queue;

  /**
   * @param failsAtDoorbell asked at each doorbell of a transmit queue
   */
  Rings(Registers device, BooleanSupplier failsAtDoorbell) {
    super(device);
    this.device = device;
    this.failsAtDoorbell = failsAtDoorbell;
  }

  /** Whether the driver has said where its queues are: of an empty slot's it never does. */
  boolean areInUse() {
    return !heard.isEmpty();
  }

  /** The queue in that memory; empty before the driver has said where it is. */
  Optional<Ring> ring(int ofQueue, KnownMemory memory) {
    Optional<Long> size = value(QUEUE_SIZE, ofQueue);
    Optional<Long> address = value(QUEUE_DESC_LOW, ofQueue);
    Optional<MemorySegment> descriptors = address.flatMap(memory::from);
    Optional<MemorySegment> available = value(QUEUE_DRIVER_LOW, ofQueue).flatMap(memory::from);
    Optional<MemorySegment> used = value(QUEUE_DEVICE_LOW, ofQueue).flatMap(memory::from);
    if (size.isEmpty() || descriptors.isEmpty() || available.isEmpty() || used.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Ring(
            address.orElseThrow(),
            descriptors.get(),
            available.get(),
            used.get(),
            Math.toIntExact(size.get())));
  }

  private Optional<Long> value(long register, int ofQueue) {
    return Optional.ofNullable(heard.get(key(register, ofQueue))).map(Integer::toUnsignedLong);
  }

  private static long key(long register, int ofQueue) {
    return register << 32 | ofQueue;
  }

  /** Rings the doorbell of the queue. */
  void notifyOf(int ofQueue) {
    device.write32(QUEUE_NOTIFY, ofQueue);
  }

  private void hear(long offset, int value) {
    if (offset == QUEUE_SEL) {
      queue = value;
    } else if (offset == QUEUE_SIZE
        || offset == QUEUE_DESC_LOW
        || offset == QUEUE_DRIVER_LOW
        || offset == QUEUE_DEVICE_LOW) {
      heard.put(key(offset, queue), value);
    } else if (offset == QUEUE_NOTIFY && (value & 1) == 1 && failsAtDoorbell.getAsBoolean()) {
      throw new IllegalStateException("provoked: the doorbell fails");
    }
  }

  @Override
  public void write32(long offset, int value) {
    hear(offset, value);
    super.write32(offset, value);
  }

  @Override
  public void post32(long offset, int value) {
    hear(offset, value);
    device.post32(offset, value);
  }
}
