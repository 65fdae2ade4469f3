package virtionet.devicetree;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A flattened device tree, parsed (Devicetree Specification 0.4 §5, format version 17 or a
 * compatible one). The blob is copied before it is read, so nobody can change it in between; what
 * follows the size that it states is ignored. Immutable, for any thread.
 *
 * <p>A blob is parsed whole or refused. What the properties mean is judged only when it is asked
 * for, so one bad device does not cost the others.
 */
public final class DeviceTree {
  /** The largest blob accepted, in bytes. Linux on Arm takes 2 MiB. */
  public static final int MAX_SIZE = 4 << 20;

  /** The most nodes on a path, the root included; as in Linux. */
  public static final int MAX_DEPTH = 64;

  /** The most nodes in a tree. */
  public static final int MAX_NODES = 1 << 16;

  /** The most bytes in a node's or property's name. The specification has 31, real trees more. */
  public static final int MAX_NAME = 255;

  /** The most bytes in a node's path: it bounds what reports about many nodes can take. */
  public static final int MAX_PATH = 1024;

  private final List<Node> nodes;
  private final List<MemoryReservation> reservations;
  private final int bootCpu;
  private final Map<Integer, List<Node>> byPhandle = new HashMap<>();
  private final Interrupts interrupts = new Interrupts(this);

  private DeviceTree(byte[] blob) {
    this(new FdtParser(blob));
  }

  private DeviceTree(FdtParser parser) {
    this(parser.nodes(), parser.reservations(), parser.header().bootCpu());
  }

  private DeviceTree(List<Node> nodes, List<MemoryReservation> reservations, int bootCpu) {
    this.reservations = List.copyOf(reservations);
    this.nodes = List.copyOf(nodes);
    this.bootCpu = bootCpu;
    for (Node node : nodes) {
      phandle(node)
          .ifPresent(
              handle -> byPhandle.computeIfAbsent(handle, _ -> new ArrayList<>(1)).add(node));
    }
  }

  /**
   * Parses a copy of these bytes.
   *
   * @throws DeviceTreeException when the blob is malformed
   */
  public static DeviceTree parse(byte[] blob) {
    return new DeviceTree(Arrays.copyOf(blob, Math.min(blob.length, MAX_SIZE)));
  }

  /**
   * Parses a copy of this memory.
   *
   * @throws DeviceTreeException when the blob is malformed
   */
  public static DeviceTree parse(MemorySegment blob) {
    return new DeviceTree(
        blob.asSlice(0, Math.min(blob.byteSize(), MAX_SIZE)).toArray(ValueLayout.JAVA_BYTE));
  }

  /**
   * Parses a file, such as {@code /sys/firmware/fdt}.
   *
   * @throws IOException when the file cannot be read
   * @throws DeviceTreeException when the blob in it is malformed
   */
  public static DeviceTree read(Path file) throws IOException {
    // Not by the file's size: those under /proc and /sys do not always tell it.
    try (InputStream in = Files.newInputStream(file)) {
      return new DeviceTree(in.readNBytes(MAX_SIZE));
    }
  }

  /**
   * Reads a tree that is shown as folders and files, such as {@code /proc/device-tree}. It tells
   * neither memory reservations nor the boot processor.
   *
   * @throws IOException when something in it cannot be read
   * @throws DeviceTreeException when it is beyond what a tree may be
   */
  public static DeviceTree readFolder(Path folder) throws IOException {
    return new DeviceTree(new FolderReader().read(folder), List.of(), 0);
  }

  /** Unreadable ones are as good as absent: who refers to them says what is missing. */
  private static Optional<Integer> phandle(Node node) {
    return node.property("phandle")
        .or(() -> node.property("linux,phandle"))
        .filter(property -> property.length() == Property.CELL)
        .map(Property::u32)
        .filter(handle -> handle != 0 && handle != -1);
  }

  public Node root() {
    return nodes.getFirst();
  }

  /** All nodes, parents before children, in the order of the blob. */
  public List<Node> nodes() {
    return nodes;
  }

  /** Memory to keep away from. */
  public List<MemoryReservation> memoryReservations() {
    return reservations;
  }

  /** Physical id of the boot processor. */
  public int bootCpu() {
    return bootCpu;
  }

  /**
   * The node at a path such as {@code /soc/serial@10000000}. A unit address may be left out where
   * one node only has that name (§2.2.3).
   */
  public Optional<Node> at(String path) {
    if (!path.startsWith("/")) {
      return Optional.empty();
    }
    Optional<Node> at = Optional.of(root());
    if (path.length() > 1) {
      for (String name : path.substring(1).split("/", -1)) {
        at = at.flatMap(node -> node.child(name).or(() -> onlyChild(node, name)));
      }
    }
    return at;
  }

  private static Optional<Node> onlyChild(Node node, String baseName) {
    List<Node> named =
        node.children().stream().filter(child -> child.baseName().equals(baseName)).toList();
    return named.size() == 1 ? Optional.of(named.getFirst()) : Optional.empty();
  }

  /**
   * The node that others refer to by this number.
   *
   * @throws DeviceTreeException when several nodes claim it
   */
  public Optional<Node> byPhandle(int phandle) {
    List<Node> claimants = byPhandle.getOrDefault(phandle, List.of());
    if (claimants.size() > 1) {
      throw claimants
          .get(1)
          .malformed(
              "its phandle 0x%x belongs to %s, too".formatted(phandle, claimants.get(0).path()));
    }
    return claimants.stream().findFirst();
  }

  /**
   * A node's interrupts, followed to their controllers.
   *
   * @throws DeviceTreeException when they are malformed or lead nowhere
   */
  public List<InterruptSpecifier> interrupts(Node node) {
    return interrupts.of(node);
  }

  /**
   * Looks for the enabled nodes that are compatible with one of these strings. Never fails: nodes
   * that cannot be used are in the answer with the reason.
   */
  public DeviceSearch devices(Set<String> compatible) {
    List<DeviceNode> devices = new ArrayList<>();
    List<DeviceSearch.Malformed> malformed = new ArrayList<>();
    for (Node node : nodes) {
      try {
        if (node.isCompatible(compatible) && node.isEnabled()) {
          devices.add(new DeviceNode(node, node.reg(), interrupts(node), node.dmaCoherence()));
        }
      } catch (DeviceTreeException e) {
        malformed.add(new DeviceSearch.Malformed(node, String.valueOf(e.getMessage())));
      }
    }
    devices.sort(
        Comparator.comparing((DeviceNode device) -> device.windows().isEmpty())
            .thenComparing(
                device -> device.windows().isEmpty() ? 0 : device.windows().getFirst().address(),
                Long::compareUnsigned));
    return new DeviceSearch(List.copyOf(devices), List.copyOf(malformed));
  }
}
