package virtionet.machine.linux;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import virtionet.devicetree.BlobBuilder;
import virtionet.devicetree.VirtioTree;

/**
 * A tree of files that shows devices as the kernel does, and acts on what is written as it does.
 * Registers are a file's page, and so are "huge" pages.
 */
final class FakeSystem {
  static final int NETWORK_CARD = 1;
  static final int BLOCK_DEVICE = 2;
  static final int PAGE = 4096;
  static final int STATUS = 0x70;
  private static final int RUNNING = 0xf;
  private static final long SYS_ADMIN = 1 << 21;
  private static final String BUS = "sys/bus/platform/";

  private final Path root;
  private final List<String> written = new ArrayList<>();
  private final Map<String, Integer> types = new HashMap<>();
  private final Set<String> refusals = new HashSet<>();
  private final Set<String> refusedDevices = new HashSet<>();
  private int nextUio;

  FakeSystem(Path root) {
    this.root = root;
    put(BUS + "drivers_probe", "");
    driver(PlatformDevice.VIRTIO_DRIVER);
    driver(PlatformDevice.UIO_DRIVER);
    folder(BUS + "devices");
    process(ProcessHandle.current().pid(), 4711);
    put("proc/meminfo", "MemTotal:  1 kB\nHugepagesize:       4 kB\n");
    hugePages("pagesize=4K");
  }

  /** Skips the test where the system hides physical addresses, which device memory needs. */
  static void needPhysicalAddresses() throws IOException {
    String status = Files.readString(Path.of("/proc/self/status"));
    String mask = status.replaceFirst("(?s).*CapEff:\\s*([0-9a-f]+).*", "$1");
    assumeTrue(
        (Long.parseUnsignedLong(mask, 16) & SYS_ADMIN) != 0,
        "physical addresses are shown with CAP_SYS_ADMIN only");
  }

  /** Shows this process's own, until they are hidden again. */
  void showPhysicalAddresses() throws IOException {
    needPhysicalAddresses();
    link("proc/self/pagemap", Path.of("/proc/self/pagemap"));
  }

  void hidePhysicalAddresses() {
    delete(path("proc/self/pagemap"));
  }

  LinuxPaths paths() {
    return new LinuxPaths(root, this::act);
  }

  Path path(String file) {
    return root.resolve(file);
  }

  /** What was written to the kernel's files, in order. */
  List<String> written() {
    return List.copyOf(written);
  }

  void put(String file, String text) {
    put(file, text.getBytes(StandardCharsets.UTF_8));
  }

  void put(String file, byte[] bytes) {
    try {
      Files.createDirectories(path(file).getParent());
      Files.write(path(file), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void folder(String name) {
    try {
      Files.createDirectories(path(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void link(String file, Path target) {
    try {
      Files.createDirectories(path(file).getParent());
      Files.createSymbolicLink(path(file), target);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void driver(String name) {
    put(BUS + "drivers/" + name + "/unbind", "");
  }

  /** Mounts a file system for huge pages with these options. */
  void hugePages(String options) {
    folder("dev/hugepages");
    put(
        "proc/mounts",
        "sysfs /sys sysfs rw 0 0\nhugetlbfs /dev/hugepages hugetlbfs rw,relatime,"
            + options
            + " 0 0\n");
  }

  /** A process that runs, and the tick at which it started. */
  void process(long id, long started) {
    put("proc/" + id + "/stat", stat(id, 'S', 20, started));
  }

  static String stat(long id, char state, int threads, long started) {
    return "%d (a (b) c) %c %s%d 0 %d 12345 67\n"
        .formatted(id, state, "1 ".repeat(16), threads, started);
  }

  void endProcess(long id) {
    delete(path("proc/" + id));
  }

  /** A slot at this address, with a device of this type (0: none) that the kernel's driver has. */
  PlatformDevice slot(long address, int type) {
    return device("%x.virtio_mmio".formatted(address), "virtio_mmio@%x".formatted(address), type);
  }

  /** A device of the bus that no tree knows. */
  PlatformDevice device(String name, int type) {
    return device(name, "", type);
  }

  private PlatformDevice device(String name, String node, int type) {
    types.put(name, type);
    put(BUS + "devices/" + name + "/driver_override", "(null)\n");
    if (!node.isEmpty()) {
      link(BUS + "devices/" + name + "/of_node", Path.of("../firmware/devicetree/base/" + node));
    }
    put("registers/" + name, registers(name, type));
    if (type != 0) {
      bind(name, PlatformDevice.VIRTIO_DRIVER);
    }
    return new PlatformDevice(paths(), name);
  }

  /** A whole page, as neighbours share it: each register is the device's own at its offset. */
  private static byte[] registers(String name, int type) {
    ByteBuffer page = ByteBuffer.allocate(PAGE).order(ByteOrder.LITTLE_ENDIAN);
    int at = offset(name);
    page.putInt(at, 0x74726976).putInt(at + 4, 2).putInt(at + 8, type);
    page.putInt(at + STATUS, RUNNING);
    return page.array();
  }

  private static int offset(String name) {
    return name.endsWith(".virtio_mmio")
        ? (int) (Long.parseLong(name.substring(0, name.indexOf('.')), 16) & (PAGE - 1))
        : 0;
  }

  /** What is in a register of a device. */
  int register(PlatformDevice device, int register) {
    try {
      return ByteBuffer.wrap(Files.readAllBytes(path("registers/" + device.name())))
          .order(ByteOrder.LITTLE_ENDIAN)
          .getInt(offset(device.name()) + register);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The kernel refuses whatever is written to such a file. */
  void refuse(String fileName) {
    refusals.add(fileName);
  }

  void allowAll() {
    refusals.clear();
    refusedDevices.clear();
  }

  /** UIO's driver does not take this device. */
  void refuseToUio(PlatformDevice device) {
    refusedDevices.add(device.name());
  }

  /** The device is in the hands of this driver. */
  void bindAs(PlatformDevice device, String driver) {
    link(BUS + "devices/" + device + "/driver", path(BUS + "drivers/" + driver));
  }

  /** As the administrator does it before this driver starts. */
  void giveToUio(PlatformDevice device) {
    device.bindTo(PlatformDevice.UIO_DRIVER);
    written.clear();
  }

  /** A device tree blob with a slot at each of these addresses. */
  void blob(long... addresses) {
    BlobBuilder tree = VirtioTree.tree();
    int line = 1;
    for (long address : addresses) {
      VirtioTree.slot(tree, (int) address, line++);
    }
    put("sys/firmware/fdt", tree.end().build());
  }

  private void act(Path file, String text) throws IOException {
    String what = text.strip();
    String name = file.getFileName().toString();
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString());
    }
    if (refusals.contains(name)) {
      throw new IOException("Device or resource busy");
    }
    written.add(root.resolve(BUS).relativize(file) + " <- " + what);
    switch (name) {
      case "driver_override" -> Files.writeString(file, what);
      case "unbind" -> unbind(what);
      case "drivers_probe" -> probe(what);
      default -> throw new IOException("nobody writes to " + file);
    }
  }

  private void probe(String device) throws IOException {
    String wanted = Files.readString(path(BUS + "devices/" + device + "/driver_override"));
    boolean uio = wanted.equals(PlatformDevice.UIO_DRIVER) && !refusedDevices.contains(device);
    boolean own = wanted.isEmpty() && types.getOrDefault(device, 0) != 0;
    if (uio || own) {
      bind(device, uio ? PlatformDevice.UIO_DRIVER : PlatformDevice.VIRTIO_DRIVER);
    }
  }

  private void bind(String device, String driver) {
    String folder = BUS + "devices/" + device + "/";
    link(folder + "driver", path(BUS + "drivers/" + driver));
    if (driver.equals(PlatformDevice.UIO_DRIVER)) {
      int uio = nextUio++;
      folder(folder + "uio/uio" + uio);
      window(uio, "0x%x".formatted(offset(device)), "0x1000");
      link("dev/uio" + uio, path("registers/" + device));
    } else {
      int type = types.getOrDefault(device, 0);
      put(folder + "virtio0/device", "0x%04x\n".formatted(type));
      if (type == NETWORK_CARD) {
        folder(folder + "virtio0/net/eth-" + device.substring(0, device.indexOf('.')));
      }
    }
  }

  /** What UIO tells of its window. */
  void window(int uio, String offset, String size) {
    put("sys/class/uio/uio%d/maps/map0/offset".formatted(uio), offset + "\n");
    put("sys/class/uio/uio%d/maps/map0/size".formatted(uio), size + "\n");
  }

  private void unbind(String device) {
    String folder = BUS + "devices/" + device + "/";
    Stream.of("driver", "uio", "virtio0").map(name -> path(folder + name)).forEach(this::delete);
  }

  /** With whatever is in it; links are deleted, not followed. */
  void delete(Path file) {
    try {
      if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
        try (Stream<Path> inside = Files.list(file)) {
          inside.forEach(this::delete);
        }
      }
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Names of the files in a folder; none when there is no such folder. */
  List<String> names(String folder) {
    try (Stream<Path> files = Files.list(path(folder))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The notes of what processes have taken. */
  List<String> notes() {
    return names("run/virtionet").stream().filter(name -> !name.equals("lock")).toList();
  }
}
