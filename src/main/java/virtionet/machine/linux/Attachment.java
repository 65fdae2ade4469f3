package virtionet.machine.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.machine.MachineException;

/** Takes devices from the kernel, and gives them back. */
final class Attachment {
  private static final Logger LOG = LoggerFactory.getLogger(Attachment.class);

  private Attachment() {}

  /**
   * The device that somebody named.
   *
   * @param name of the device on the platform bus, of its device tree node, or of its interface
   */
  static PlatformDevice find(LinuxPaths paths, String name) {
    List<PlatformDevice> all = PlatformDevice.all(paths);
    Optional<PlatformDevice> byName =
        all.stream().filter(device -> device.name().equals(name)).findFirst();
    return byName
        .or(() -> all.stream().filter(device -> isCalled(device, name)).findFirst())
        .orElseThrow(
            () ->
                new MachineException(
                    "there is no device %s to attach: `virtionet attach` lists those that there are"
                        .formatted(name)));
  }

  private static boolean isCalled(PlatformDevice device, String name) {
    return Stream.concat(device.networkInterface().stream(), device.node().stream())
        .anyMatch(name::equals);
  }

  /**
   * Whether a device may be taken. Changes nothing.
   *
   * @throws MachineException when it is no network card, or carries the default route
   */
  static void check(LinuxPaths paths, PlatformDevice device, boolean force) {
    Optional<String> driver = device.driver();
    boolean kernels = driver.filter(PlatformDevice.VIRTIO_DRIVER::equals).isPresent();
    boolean others =
        !kernels && driver.filter(name -> !name.equals(PlatformDevice.UIO_DRIVER)).isPresent();
    if (others || (kernels && !device.isKernelsNetworkCard())) {
      throw new MachineException(
          "%s, which the kernel's driver %s has, is no network card: it is not taken"
              .formatted(device, driver.orElseThrow()));
    }
    Optional<String> face = device.networkInterface();
    if (face.filter(name -> Routes.carriesDefault(paths, name)).isPresent() && !force) {
      throw new MachineException(
          "%s is %s, which carries this system's default route: it is not taken without --force (setting force)"
              .formatted(device, face.get()));
    }
    PlatformDevice.requireDriver(paths, PlatformDevice.UIO_DRIVER);
  }

  /** Takes a device that may be taken; what is lost by it is said before. */
  static void take(PlatformDevice device) {
    device
        .networkInterface()
        .ifPresent(
            face ->
                LOG.warn(
                    "{} is taken from the kernel: its interface {} is gone until it is given back",
                    device,
                    face));
    device.bindTo(PlatformDevice.UIO_DRIVER);
  }

  /** Gives devices back to the kernel; each is tried, whatever becomes of the others. */
  static void giveBack(List<PlatformDevice> devices) {
    List<MachineException> failures = new ArrayList<>();
    for (PlatformDevice device : devices) {
      try {
        device.release();
        if (device.driver().isPresent()) {
          LOG.info(
              "{} is given back to the kernel: {}",
              device,
              device.networkInterface().orElse("no interface yet"));
        } else {
          LOG.warn("{} is given back, but no driver of the kernel takes it", device);
        }
      } catch (MachineException e) {
        failures.add(e);
      }
    }
    if (!failures.isEmpty()) {
      MachineException first = failures.removeFirst();
      failures.forEach(first::addSuppressed);
      throw first;
    }
  }
}
