package virtionet.virtio;

import java.nio.ByteOrder;
import java.time.Duration;
import virtionet.machine.Registers;

/** The register interface before VirtIO 1.0: Version reads 1 (VirtIO 1.3 §4.2.4). */
final class LegacyMmio extends MmioTransport {
  static final int PAGE_SIZE = 4096;

  LegacyMmio(Registers registers) {
    super(registers);
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new VirtioException(
          "a legacy device speaks this big-endian machine's byte order, which the driver does not;"
              + " give the device a modern interface");
    }
  }

  @Override
  public boolean isLegacy() {
    return true;
  }

  @Override
  public long deviceFeatures() {
    registers.write32(MmioRegister.DEVICE_FEATURES_SEL, 0);
    return Integer.toUnsignedLong(registers.read32(MmioRegister.DEVICE_FEATURES));
  }

  @Override
  public void setDriverFeatures(long features) {
    registers.write32(MmioRegister.DRIVER_FEATURES_SEL, 0);
    registers.write32(MmioRegister.DRIVER_FEATURES, (int) features);
    // Here, because it has to precede all queues and follow each reset.
    registers.write32(MmioRegister.GUEST_PAGE_SIZE, PAGE_SIZE);
  }

  @Override
  public long queueSizeMax(int queue) {
    selectQueue(queue);
    return Integer.toUnsignedLong(registers.read32(MmioRegister.QUEUE_SIZE_MAX));
  }

  @Override
  public int usedRingAlignment() {
    return PAGE_SIZE;
  }

  @Override
  public boolean isQueueEnabled(int queue) {
    selectQueue(queue);
    return registers.read32(MmioRegister.QUEUE_PFN) != 0;
  }

  @Override
  public void enableQueue(int queue, RingLayout layout, long deviceAddress) {
    if (!(layout instanceof SplitRingLayout split)) {
      throw new IllegalArgumentException(
          "virtqueue %d: the legacy interface knows split queues only".formatted(queue));
    }
    long page = deviceAddress / PAGE_SIZE;
    if (deviceAddress % PAGE_SIZE != 0 || page == 0 || page > 0xffff_ffffL) {
      throw new IllegalArgumentException(
          "a legacy queue at 0x%x: must lie at a page that 32 bits can number"
              .formatted(deviceAddress));
    }
    selectQueue(queue);
    registers.write32(MmioRegister.QUEUE_SIZE, split.size());
    registers.write32(MmioRegister.QUEUE_ALIGN, split.usedAlignment());
    registers.write32(MmioRegister.QUEUE_PFN, (int) page);
    if (registers.read32(MmioRegister.QUEUE_PFN) != (int) page) {
      throw new VirtioException(
          "virtqueue %d does not take its page: broken device".formatted(queue));
    }
  }

  @Override
  public void resetQueue(int queue, Duration timeout) {
    // Writing 0 to QueuePFN is no way round: QEMU 7.2 then resets the whole device.
    throw new VirtioException(
        "virtqueue %d: the legacy interface cannot reset a single queue; reset the device"
            .formatted(queue));
  }
}
