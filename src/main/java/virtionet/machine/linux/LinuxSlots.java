package virtionet.machine.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.devicetree.DeviceTree;
import virtionet.devicetree.DeviceTreeException;
import virtionet.machine.DeviceTreeSlots;
import virtionet.machine.MachineException;
import virtionet.machine.Slot;

/**
 * Where virtio-mmio devices may stand in this system, and which device of the platform bus each one
 * is: by the device tree where there is one, else (x86) by the bus itself.
 */
final class LinuxSlots {
  private static final Logger LOG = LoggerFactory.getLogger(LinuxSlots.class);

  /** The kernel's names for slots that ACPI or its command line told it of. */
  private static final Pattern WITHOUT_TREE = Pattern.compile("LNRO0005:.*|virtio-mmio\\.\\d+");

  private final Map<Slot, PlatformDevice> slots = new LinkedHashMap<>();

  /**
   * @param compatible strings of the device tree to look for
   */
  static LinuxSlots find(LinuxPaths paths, Set<String> compatible) {
    Path blob = paths.sys("firmware/fdt");
    Path folder = paths.proc("device-tree");
    List<PlatformDevice> devices = PlatformDevice.all(paths);
    var slots = new LinuxSlots();
    try {
      if (Files.isReadable(blob)) {
        slots = fromTree(DeviceTree.read(blob), compatible, devices);
      } else if (Files.isDirectory(folder)) {
        slots = fromTree(DeviceTree.readFolder(folder), compatible, devices);
      }
    } catch (IOException | DeviceTreeException e) {
      throw new MachineException("the system's device tree cannot be read: " + e.getMessage(), e);
    }
    // Beside ACPI there may be a tree that says next to nothing.
    return slots.slots.isEmpty() ? fromBus(paths, devices) : slots;
  }

  private static LinuxSlots fromTree(
      DeviceTree tree, Set<String> compatible, List<PlatformDevice> devices) {
    var slots = new LinuxSlots();
    // Without ACCESS_PLATFORM, which is refused, a virtio device sees memory as processors do.
    for (Slot slot : DeviceTreeSlots.find(tree, compatible, true)) {
      devices.stream()
          .filter(device -> isOf(device, slot))
          .findFirst()
          .ifPresentOrElse(
              device -> slots.slots.put(slot, device),
              () -> LOG.warn("{} is in the device tree, but not on the platform bus", slot));
    }
    return slots;
  }

  /** The kernel names a device by its address, then by its node. */
  private static boolean isOf(PlatformDevice device, Slot slot) {
    return device.node().filter(slot.name()::equals).isPresent()
        && (device.name().startsWith(Long.toHexString(slot.address()) + ".")
            || !device.name().matches("[0-9a-f]+\\..*"));
  }

  private static LinuxSlots fromBus(LinuxPaths paths, List<PlatformDevice> devices) {
    var slots = new LinuxSlots();
    Map<String, long[]> ranges = ranges(paths);
    Map<Slot, PlatformDevice> found = new LinkedHashMap<>();
    for (PlatformDevice device : devices) {
      if (WITHOUT_TREE.matcher(device.name()).matches()) {
        long[] range = ranges.getOrDefault(device.name(), new long[2]);
        found.put(new Slot(device.name(), range[0], range[1], OptionalInt.empty(), true), device);
      }
    }
    found.entrySet().stream()
        .sorted(Comparator.comparing(slot -> slot.getKey().address(), Long::compareUnsigned))
        .forEach(slot -> slots.slots.put(slot.getKey(), slot.getValue()));
    return slots;
  }

  private static final Pattern RANGE = Pattern.compile("\\s*([0-9a-f]+)-([0-9a-f]+) : (\\S+).*");

  /** First address and bytes of each device's registers, by {@code /proc/iomem}. */
  private static Map<String, long[]> ranges(LinuxPaths paths) {
    Map<String, long[]> ranges = new LinkedHashMap<>();
    for (String line : PlatformDevice.read(paths.proc("iomem")).orElse("").lines().toList()) {
      Matcher range = RANGE.matcher(line);
      if (range.matches()) {
        long start = Long.parseUnsignedLong(range.group(1), 16);
        long end = Long.parseUnsignedLong(range.group(2), 16);
        // Who may not know addresses is shown zeros.
        if (end != 0) {
          ranges.putIfAbsent(range.group(3), new long[] {start, end - start + 1});
        }
      }
    }
    return ranges;
  }

  List<Slot> slots() {
    return new ArrayList<>(slots.keySet());
  }

  /**
   * The device of a slot.
   *
   * @throws MachineException when the slot is none of these
   */
  PlatformDevice device(Slot slot) {
    PlatformDevice device = slots.get(slot);
    if (device == null) {
      throw new MachineException(slot + " is no slot of this system");
    }
    return device;
  }
}
