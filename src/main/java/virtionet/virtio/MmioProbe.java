package virtionet.virtio;

import virtionet.machine.Registers;

/** Looks what stands in a slot, touching no more registers than it must (VirtIO 1.3 §4.2.3.1.1). */
final class MmioProbe {
  private MmioProbe() {}

  /** Whether there still is a device, without a write. */
  static void requirePresent(Registers registers) {
    int magic = registers.read32(MmioRegister.MAGIC_VALUE);
    if (magic != MmioRegister.MAGIC) {
      throw new DeviceGoneException("its magic reads as 0x%08x".formatted(magic));
    }
  }

  /** Reads magic, version and device id, each once. */
  static Finding probe(Registers registers) {
    if (registers.size() < MmioRegister.CONFIG) {
      return new Finding.Unusable(
          "its window of %d bytes is shorter than the registers' 256".formatted(registers.size()));
    }
    int magic = registers.read32(MmioRegister.MAGIC_VALUE);
    if (magic != MmioRegister.MAGIC) {
      return new Finding.Unusable(
          "its magic is 0x%08x, not \"virt\": no virtio-mmio device".formatted(magic));
    }
    int version = registers.read32(MmioRegister.VERSION);
    if (version != 1 && version != 2) {
      return new Finding.Unusable(
          "its register interface has version %s; the driver speaks 1 (legacy) and 2"
              .formatted(Integer.toUnsignedString(version)));
    }
    int type = registers.read32(MmioRegister.DEVICE_ID);
    if (type == 0) {
      return new Finding.Empty();
    }
    return new Finding.Device(
        version == 1 ? Finding.Interface.LEGACY_MMIO : Finding.Interface.MMIO,
        type,
        registers.read32(MmioRegister.VENDOR_ID));
  }
}
