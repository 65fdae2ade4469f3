package virtionet.machine.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import virtionet.machine.MachineException;
import virtionet.machine.MachineUnavailableException;

/**
 * A device of the kernel's platform bus, where each virtio-mmio slot is one.
 *
 * @param name as the kernel gives it, such as {@code a003e00.virtio_mmio}
 */
record PlatformDevice(LinuxPaths paths, String name) {
  /** The kernel's driver that lets a process drive the device. */
  static final String UIO_DRIVER = "uio_pdrv_genirq";

  /** The kernel's own driver of virtio-mmio devices. */
  static final String VIRTIO_DRIVER = "virtio-mmio";

  private static final String BUS = "bus/platform";

  /** All on the bus. */
  static List<PlatformDevice> all(LinuxPaths paths) {
    return entries(paths.sys(BUS + "/devices")).stream()
        .map(path -> new PlatformDevice(paths, path.getFileName().toString()))
        .toList();
  }

  private Path folder() {
    return paths.sys(BUS + "/devices/" + name);
  }

  boolean exists() {
    return Files.exists(folder());
  }

  /** The driver that has the device. */
  Optional<String> driver() {
    return link(folder().resolve("driver")).map(target -> target.getFileName().toString());
  }

  /** The device tree node behind it, as a path of node names. */
  Optional<String> node() {
    return link(folder().resolve("of_node")).map(target -> target.getFileName().toString());
  }

  /** The network interface that the kernel made of it. */
  Optional<String> networkInterface() {
    return entries(folder()).stream()
        .filter(path -> path.getFileName().toString().matches("virtio\\d+"))
        .flatMap(path -> entries(path.resolve("net")).stream())
        .map(path -> path.getFileName().toString())
        .findFirst();
  }

  /** Whether the kernel's driver has found a network card in it. */
  boolean isKernelsNetworkCard() {
    return entries(folder()).stream()
        .filter(path -> path.getFileName().toString().matches("virtio\\d+"))
        .anyMatch(
            path -> read(path.resolve("device")).map(id -> id.equals("0x0001")).orElse(false));
  }

  /** The number N of its {@code /dev/uioN}. */
  Optional<Integer> uio() {
    return entries(folder().resolve("uio")).stream()
        .map(path -> path.getFileName().toString())
        .filter(file -> file.matches("uio\\d+"))
        .map(file -> Integer.parseInt(file.substring(3)))
        .findFirst();
  }

  /**
   * Takes the device from whichever driver has it, and gives it to another one.
   *
   * @throws MachineException when the kernel does not do so
   */
  void bindTo(String driver) {
    requireDriver(paths, driver);
    override(driver);
    if (driver().filter(driver::equals).isPresent()) {
      return;
    }
    unbind();
    write(paths.sys(BUS + "/drivers_probe"), name);
    if (driver().filter(driver::equals).isEmpty()) {
      throw new MachineException(
          "the kernel's driver %s does not take %s: see dmesg".formatted(driver, name));
    }
  }

  /**
   * @throws MachineUnavailableException when the kernel does not have this driver
   */
  static void requireDriver(LinuxPaths paths, String driver) {
    if (!Files.isDirectory(paths.sys(BUS + "/drivers/" + driver))) {
      throw new MachineUnavailableException(
          "the kernel has no driver %s: modprobe %s%s"
              .formatted(
                  driver,
                  driver.replace('-', '_'),
                  driver.equals(UIO_DRIVER)
                      ? "; a kernel that comes without it needs the module built (docs/guest.md)"
                      : ""));
    }
  }

  /** Takes the device from whichever driver has it, and lets the kernel choose one. */
  void release() {
    override("");
    if (driver().filter(UIO_DRIVER::equals).isPresent()) {
      unbind();
    }
    if (driver().isEmpty()) {
      write(paths.sys(BUS + "/drivers_probe"), name);
    }
  }

  private void unbind() {
    if (driver().isPresent()) {
      write(folder().resolve("driver/unbind"), name);
    }
  }

  /** With an override only this driver may take the device; an empty one lifts it. */
  private void override(String driver) {
    write(folder().resolve("driver_override"), driver + "\n");
  }

  private void write(Path file, String text) {
    try {
      paths.kernel().write(file, text);
    } catch (IOException e) {
      if (Files.exists(file) && !Files.isWritable(file)) {
        throw new MachineUnavailableException(
            "%s cannot be written: %s; run as root".formatted(file, e), e);
      }
      throw new MachineException(
          "the kernel refuses '%s' in %s: %s".formatted(text.strip(), file, e), e);
    }
  }

  static Optional<String> read(Path file) {
    try {
      return Optional.of(Files.readString(file).strip());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Optional<Path> link(Path path) {
    try {
      return Optional.of(Files.readSymbolicLink(path));
    } catch (IOException | UnsupportedOperationException e) {
      return Optional.empty();
    }
  }

  /** What is in a folder, in the order of names; nothing when there is none. */
  static List<Path> entries(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new MachineException("%s cannot be listed: %s".formatted(folder, e), e);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
