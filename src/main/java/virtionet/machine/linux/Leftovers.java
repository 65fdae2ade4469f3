package virtionet.machine.linux;

import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.machine.MachineException;

/**
 * Sets right what a process left that was killed while it drove devices. These still write into its
 * memory, whose pages its file keeps from everybody else; so they are reset first, then the file is
 * deleted, then they are given back to the kernel.
 */
final class Leftovers {
  private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

  private Leftovers() {}

  /**
   * Sets right what every dead process left. For whoever has the {@link StartLock}.
   *
   * @return the devices that were given back to the kernel
   */
  static List<String> clear(LinuxPaths paths, DeviceReset reset) {
    List<String> givenBack = new ArrayList<>();
    for (Claim claim : Claim.all(paths)) {
      if (!claim.isAlive(paths)) {
        givenBack.addAll(clear(paths, claim, reset));
      }
    }
    return givenBack;
  }

  private static List<String> clear(LinuxPaths paths, Claim claim, DeviceReset reset) {
    LOG.warn(
        "process {} ended without letting go of {}: setting it right",
        claim.process(),
        claim.devices());
    List<PlatformDevice> attached = new ArrayList<>();
    for (String name : claim.devices()) {
      var device = new PlatformDevice(paths, name);
      if (device.exists()) {
        quiet(paths, claim, device, reset);
        if (claim.attached().contains(name)) {
          attached.add(device);
        }
      }
    }
    claim.memory().ifPresent(HugePages::delete);
    Attachment.giveBack(attached);
    claim.delete(paths);
    return attached.stream().map(PlatformDevice::name).toList();
  }

  /** The kernel's own driver has reset the device when it took it; else it is for us to do. */
  private static void quiet(
      LinuxPaths paths, Claim claim, PlatformDevice device, DeviceReset reset) {
    if (device.driver().filter(PlatformDevice.VIRTIO_DRIVER::equals).isPresent()) {
      return;
    }
    if (device.uio().isEmpty()) {
      device.bindTo(PlatformDevice.UIO_DRIVER);
    }
    UioDevice uio = UioDevice.open(paths, uioOf(device), 0);
    try {
      reset.reset(uio.registers());
      LOG.info("{} was reset", device);
    } catch (RuntimeException e) {
      throw new MachineException(
          "%s, which process %d left running, does not let go of its memory: %s; restart the system"
              .formatted(device, claim.process(), e.getMessage()),
          e);
    } finally {
      uio.close();
    }
  }

  static int uioOf(PlatformDevice device) {
    return device
        .uio()
        .orElseThrow(() -> new MachineException(device + " has no /dev/uio although it is bound"));
  }
}
