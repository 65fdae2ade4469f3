package virtionet.virtio;

import virtionet.machine.BackEnd;
import virtionet.machine.DeviceAccess;
import virtionet.machine.Registers;

/** Looks what stands in a slot, and how to speak to it. */
public final class Probe {
  private Probe() {}

  /** Looks, touching no more than it must (VirtIO 1.3 §4.2.3.1.1). */
  public static Finding probe(DeviceAccess access) {
    return switch (access) {
      case Registers registers -> MmioProbe.probe(registers);
      // The protocol that it speaks is a network device's: there is no id to ask for.
      case BackEnd backEnd ->
          new Finding.Device(Finding.Interface.VHOST_USER, Finding.NETWORK_CARD, 0);
    };
  }

  /**
   * Looks whether there still is a device where one was found before, without a write.
   *
   * @throws DeviceGoneException when there is none
   */
  public static void requirePresent(DeviceAccess access) {
    // A back-end that is gone is a machine that is lost.
    if (access instanceof Registers registers) {
      MmioProbe.requirePresent(registers);
    }
  }

  /** The transport for a device that was found there. */
  public static Transport transport(DeviceAccess access, Finding.Device device) {
    return switch (access) {
      case Registers registers ->
          device.spoken() == Finding.Interface.LEGACY_MMIO
              ? new LegacyMmio(registers)
              : new ModernMmio(registers);
      case BackEnd backEnd -> new VhostUserTransport(backEnd);
    };
  }
}
