package virtionet.virtio;

import virtionet.machine.Registers;

/** Looks what stands in a slot, touching no more registers than it must (VirtIO 1.3 §4.2.3.1.1). */
public final class MmioProbe {
  /** Device id of a network card (VirtIO 1.3 §5). */
  public static final int NETWORK_CARD = 1;

  private static final String[] DEVICE_TYPES = {
    "reserved",
    "network card",
    "block device",
    "console",
    "entropy source",
    "memory balloon (traditional)",
    "ioMemory",
    "rpmsg",
    "SCSI host",
    "9P transport",
    "mac80211 wlan",
    "rproc serial",
    "CAIF",
    "memory balloon",
    "device type 14",
    "device type 15",
    "GPU",
    "timer/clock",
    "input device",
    "socket device",
    "crypto device"
  };

  /** What was found. */
  public sealed interface Finding {}

  /** No device: the normal state of a slot. */
  public record Empty() implements Finding {}

  /** A slot that the machine does not open: somebody else has it. */
  public record Closed(String reason) implements Finding {}

  /** Not a virtio-mmio device that this driver can speak to. */
  public record Unusable(String reason) implements Finding {}

  /**
   * A virtio device.
   *
   * @param version 1 for legacy, 2
   * @param type its device id, more than 0
   */
  public record Device(int version, int type, int vendor) implements Finding {
    public boolean isNetworkCard() {
      return type == NETWORK_CARD;
    }

    public boolean isLegacy() {
      return version == 1;
    }

    /** The type in the specification's words. */
    public String typeName() {
      return MmioProbe.typeName(type);
    }
  }

  private MmioProbe() {}

  /**
   * Looks whether there still is a device where one was found before, without a write.
   *
   * @throws DeviceGoneException when there is none
   */
  public static void requirePresent(Registers registers) {
    int magic = registers.read32(MmioRegister.MAGIC_VALUE);
    if (magic != MmioRegister.MAGIC) {
      throw new DeviceGoneException("its magic reads as 0x%08x".formatted(magic));
    }
  }

  /** Reads magic, version and device id, each once. */
  public static Finding probe(Registers registers) {
    if (registers.size() < MmioRegister.CONFIG) {
      return new Unusable(
          "its window of %d bytes is shorter than the registers' 256".formatted(registers.size()));
    }
    int magic = registers.read32(MmioRegister.MAGIC_VALUE);
    if (magic != MmioRegister.MAGIC) {
      return new Unusable(
          "its magic is 0x%08x, not \"virt\": no virtio-mmio device".formatted(magic));
    }
    int version = registers.read32(MmioRegister.VERSION);
    if (version != 1 && version != 2) {
      return new Unusable(
          "its register interface has version %s; the driver speaks 1 (legacy) and 2"
              .formatted(Integer.toUnsignedString(version)));
    }
    int type = registers.read32(MmioRegister.DEVICE_ID);
    if (type == 0) {
      return new Empty();
    }
    return new Device(version, type, registers.read32(MmioRegister.VENDOR_ID));
  }

  /** The transport for a device that was found. */
  public static Transport transport(Registers registers, Device device) {
    return device.isLegacy() ? new LegacyMmio(registers) : new ModernMmio(registers);
  }

  private static String typeName(int type) {
    return type > 0 && type < DEVICE_TYPES.length
        ? DEVICE_TYPES[type]
        : "device type " + Integer.toUnsignedString(type);
  }
}
