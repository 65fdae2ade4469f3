package virtionet.machine.linux;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A network device of this system that can be attached.
 *
 * @param name on the platform bus
 * @param networkInterface that the kernel made of it
 * @param driver that has it
 * @param note what there is to know before it is taken; may be empty
 */
public record LinuxDevice(
    String name, Optional<String> networkInterface, Optional<String> driver, String note) {

  /** Those that the kernel found to be network cards, and those that are bound to UIO. */
  public static List<LinuxDevice> list(Path root) {
    var paths = new LinuxPaths(root);
    List<LinuxDevice> found = new ArrayList<>();
    for (PlatformDevice device : PlatformDevice.all(paths)) {
      Optional<String> driver = device.driver();
      boolean uio = driver.filter(PlatformDevice.UIO_DRIVER::equals).isPresent();
      if (uio || device.isKernelsNetworkCard()) {
        Optional<String> face = device.networkInterface();
        found.add(new LinuxDevice(device.name(), face, driver, note(paths, device, face)));
      }
    }
    return found;
  }

  private static String note(LinuxPaths paths, PlatformDevice device, Optional<String> face) {
    Optional<Claim> claim =
        Claim.all(paths).stream().filter(other -> other.holds(paths, device.name())).findFirst();
    if (claim.isPresent()) {
      return "driven by process " + claim.get().process();
    }
    return face.filter(name -> Routes.carriesDefault(paths, name)).isPresent()
        ? "carries the default route: only with --force"
        : "";
  }
}
