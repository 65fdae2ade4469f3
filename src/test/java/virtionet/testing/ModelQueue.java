package virtionet.testing;

import java.util.Optional;

/** The registers of one queue, and its ring once it may be used. */
final class ModelQueue {
  private final int sizeMax;
  private int size;
  private int align;
  private int page;
  private long descriptorArea;
  private long driverArea;
  private long deviceArea;
  private Optional<DeviceSideRing> ring = Optional.empty();
  private int resetReadings;

  ModelQueue(int sizeMax) {
    this.sizeMax = sizeMax;
  }

  int sizeMax() {
    return sizeMax;
  }

  void size(int newSize) {
    size = newSize;
  }

  void align(int newAlign) {
    align = newAlign;
  }

  int page() {
    return page;
  }

  Optional<DeviceSideRing> ring() {
    return ring;
  }

  /** Takes half of an address; {@code part}: 0 descriptors, 1 driver's, 2 device's. */
  void address(int part, boolean high, int value) {
    switch (part) {
      case 0 -> descriptorArea = half(descriptorArea, high, value);
      case 1 -> driverArea = half(driverArea, high, value);
      default -> deviceArea = half(deviceArea, high, value);
    }
  }

  private static long half(long address, boolean high, int value) {
    return high
        ? (address & 0xffff_ffffL) | (long) value << 32
        : (address & 0xffff_ffff_0000_0000L) | Integer.toUnsignedLong(value);
  }

  /** Starts a reset, which ends once QueueReset was read so often (§2.6.1). */
  void startReset(int readings) {
    resetReadings = readings;
  }

  /** What QueueReset reads as. */
  int readReset() {
    if (resetReadings == 0) {
      return 0;
    }
    if (--resetReadings == 0) {
      ring = Optional.empty();
    }
    return 1;
  }

  private void checkSize(boolean packed) {
    if (size < 1 || size > Math.min(sizeMax, 32768) || (!packed && Integer.bitCount(size) != 1)) {
      throw new AssertionError("queue size " + size + " where at most " + sizeMax + " is allowed");
    }
  }

  void ready(DeviceView view, long features) {
    boolean packed = (features & ModelSettings.RING_PACKED) != 0;
    checkSize(packed);
    if (descriptorArea % 16 != 0 || driverArea % (packed ? 4 : 2) != 0 || deviceArea % 4 != 0) {
      throw new AssertionError(
          "misaligned queue: 0x%x, 0x%x, 0x%x (§2.7.1, §2.8.11)"
              .formatted(descriptorArea, driverArea, deviceArea));
    }
    ring =
        Optional.of(
            DeviceSideRing.of(view, size, descriptorArea, driverArea, deviceArea, features));
  }

  /** Legacy: one address says where all three parts lie (§2.7.2). */
  void page(DeviceView view, long features, int newPage, int pageSize, boolean ignoresAlign) {
    page = newPage;
    if (newPage == 0) {
      ring = Optional.empty();
      return;
    }
    checkSize(false);
    if (align < 4 || Integer.bitCount(align) != 1 || pageSize == 0) {
      throw new AssertionError("QueueAlign %d, GuestPageSize %d".formatted(align, pageSize));
    }
    descriptorArea = Integer.toUnsignedLong(newPage) * pageSize;
    driverArea = descriptorArea + 16L * size;
    long end = driverArea + 6 + 2L * size;
    int used = ignoresAlign ? 4 : align;
    deviceArea = (end + used - 1) / used * used;
    ready(view, features);
  }
}
