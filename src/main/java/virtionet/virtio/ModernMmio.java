package virtionet.virtio;

import java.time.Duration;
import virtionet.machine.Registers;

/** The register interface since VirtIO 1.0: Version reads 2 (VirtIO 1.3 §4.2.2). */
final class ModernMmio extends MmioTransport {
  /** Keeps device-written and driver-written indices on cache lines of their own. */
  private static final int CACHE_LINE = 64;

  ModernMmio(Registers registers) {
    super(registers);
  }

  @Override
  public boolean isLegacy() {
    return false;
  }

  @Override
  public long deviceFeatures() {
    // Words above 1 are never read: QEMU 7.2 answers them with word 1 again.
    return featureWord(0) | (featureWord(1) << Integer.SIZE);
  }

  private long featureWord(int word) {
    registers.write32(MmioRegister.DEVICE_FEATURES_SEL, word);
    return Integer.toUnsignedLong(registers.read32(MmioRegister.DEVICE_FEATURES));
  }

  @Override
  public void setDriverFeatures(long features) {
    for (int word = 0; word < 2; word++) {
      registers.write32(MmioRegister.DRIVER_FEATURES_SEL, word);
      registers.write32(MmioRegister.DRIVER_FEATURES, (int) (features >>> (word * Integer.SIZE)));
    }
  }

  @Override
  public long queueSizeMax(int queue) {
    selectQueue(queue);
    return Integer.toUnsignedLong(registers.read32(MmioRegister.QUEUE_SIZE_MAX));
  }

  @Override
  public int usedRingAlignment() {
    return CACHE_LINE;
  }

  @Override
  public boolean isQueueEnabled(int queue) {
    selectQueue(queue);
    return registers.read32(MmioRegister.QUEUE_READY) != 0;
  }

  @Override
  public void enableQueue(int queue, RingLayout layout, long deviceAddress) {
    selectQueue(queue);
    registers.write32(MmioRegister.QUEUE_SIZE, layout.size());
    writeAddress(MmioRegister.QUEUE_DESC, deviceAddress + layout.descriptorArea());
    writeAddress(MmioRegister.QUEUE_DRIVER, deviceAddress + layout.driverArea());
    writeAddress(MmioRegister.QUEUE_DEVICE, deviceAddress + layout.deviceArea());
    registers.write32(MmioRegister.QUEUE_READY, 1);
    if (registers.read32(MmioRegister.QUEUE_READY) != 1) {
      throw new VirtioException(
          "virtqueue %d does not become ready: broken device, or no room for it there"
              .formatted(queue));
    }
  }

  @Override
  public void resetQueue(int queue, Duration timeout) {
    selectQueue(queue);
    registers.write32(MmioRegister.QUEUE_RESET, 1);
    var pause = new Pause(timeout);
    while (registers.read32(MmioRegister.QUEUE_RESET) != 0) {
      if (!pause.next()) {
        throw new VirtioException(
            "virtqueue %d did not confirm its reset within %d ms: the device may go on using it"
                .formatted(queue, timeout.toMillis()));
      }
    }
    // Where the register does not exist it reads as 0, and nothing has happened (QEMU 7.2).
    if (registers.read32(MmioRegister.QUEUE_READY) != 0) {
      throw new VirtioException(
          "virtqueue %d was not reset: the device offers RING_RESET but lacks the register QueueReset, as QEMU 7.2 does; reset the device, or switch RING_RESET off (disabled-features)"
              .formatted(queue));
    }
  }

  private void writeAddress(int register, long address) {
    registers.write32(register, (int) address);
    registers.write32(register + Integer.BYTES, (int) (address >>> Integer.SIZE));
  }
}
