package virtionet.devicetree;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import virtionet.devicetree.InterruptSpecifier.Gic;
import virtionet.devicetree.InterruptSpecifier.GicType;
import virtionet.devicetree.InterruptSpecifier.Line;
import virtionet.devicetree.InterruptSpecifier.Opaque;

/** A device's interrupts, followed to their controllers (Devicetree Specification 0.4 §2.4). */
final class Interrupts {
  /** No binding uses more: a larger count is an error in the tree. */
  private static final int MAX_CELLS = 8;

  private final DeviceTree tree;

  Interrupts(DeviceTree tree) {
    this.tree = tree;
  }

  List<InterruptSpecifier> of(Node device) {
    // Where a device has both, software that knows the extended property uses it (§2.4.1.3).
    Optional<Property> extended = device.property("interrupts-extended");
    if (extended.isPresent()) {
      return extended(extended.get());
    }
    Optional<Property> plain = device.property("interrupts");
    return plain.isPresent() ? plain(plain.get(), parent(device, plain.get())) : List.of();
  }

  private List<InterruptSpecifier> plain(Property interrupts, Node controller) {
    int step = cellsOf(controller);
    int count = interrupts.cellCount();
    if (count == 0 || count % step != 0) {
      throw interrupts.malformed(
          "%d cells are not entries of the %d that %s wants"
              .formatted(count, step, controller.path()));
    }
    List<InterruptSpecifier> found = new ArrayList<>();
    for (int at = 0; at < count; at += step) {
      found.add(specifier(interrupts, controller, at, step));
    }
    return List.copyOf(found);
  }

  private List<InterruptSpecifier> extended(Property interrupts) {
    List<InterruptSpecifier> found = new ArrayList<>();
    int count = interrupts.cellCount();
    if (count == 0) {
      throw interrupts.malformed("no entry");
    }
    for (int at = 0; at < count; ) {
      Node controller = byPhandle(interrupts, interrupts.cell(at));
      int size = cellsOf(controller);
      at++;
      if (count - at < size) {
        throw interrupts.malformed(
            "the last entry has %d of the %d cells that %s wants"
                .formatted(count - at, size, controller.path()));
      }
      found.add(specifier(interrupts, controller, at, size));
      at += size;
    }
    return List.copyOf(found);
  }

  /**
   * The nearest node upwards that is named by {@code interrupt-parent} or takes interrupts itself.
   */
  private Node parent(Node device, Property interrupts) {
    for (Optional<Node> at = Optional.of(device); at.isPresent(); at = at.get().parent()) {
      Node node = at.get();
      if (node != device && node.has("#interrupt-cells")) {
        return node;
      }
      Optional<Property> named = node.property("interrupt-parent");
      if (named.isPresent()) {
        return byPhandle(named.get(), named.get().u32());
      }
    }
    throw interrupts.malformed("no 'interrupt-parent' here or above");
  }

  private Node byPhandle(Property property, int phandle) {
    return tree.byPhandle(phandle)
        .orElseThrow(() -> property.malformed("no node has the phandle 0x%x".formatted(phandle)));
  }

  private static int cellsOf(Node controller) {
    if (controller.has("interrupt-map")) {
      throw controller.malformed("interrupts behind an 'interrupt-map' are not followed");
    }
    if (!controller.has("interrupt-controller")) {
      throw controller.malformed("named as an interrupt controller, but it is none");
    }
    Property property =
        controller
            .property("#interrupt-cells")
            .orElseThrow(
                () -> controller.malformed("an interrupt controller without #interrupt-cells"));
    int cells = property.u32();
    if (cells == 0 || Integer.compareUnsigned(cells, MAX_CELLS) > 0) {
      throw property.malformed(
          "%s cells, where 1 to %d are expected"
              .formatted(Integer.toUnsignedString(cells), MAX_CELLS));
    }
    return cells;
  }

  private static InterruptSpecifier specifier(Property source, Node controller, int at, int size) {
    List<Integer> cells = IntStream.range(at, at + size).mapToObj(source::cell).toList();
    if (size >= 3 && controller.compatible().stream().anyMatch(Interrupts::namesGic)) {
      return gic(source, controller, cells);
    }
    if (size == 1) {
      return new Line(controller, cells, cells.get(0), Optional.empty());
    }
    // Open PIC has two cells as well, with a code of its own in the second.
    if (size == 2
        && controller.compatible().stream().noneMatch(name -> name.contains("open-pic"))) {
      return new Line(controller, cells, cells.get(0), Trigger.ofFlags(cells.get(1)));
    }
    return new Opaque(controller, cells);
  }

  private static boolean namesGic(String compatible) {
    return compatible.startsWith("arm,") && compatible.contains("gic");
  }

  private static InterruptSpecifier gic(Property source, Node controller, List<Integer> cells) {
    GicType[] types = GicType.values();
    int type = cells.get(0);
    if (type < 0 || type >= types.length) {
      throw source.malformed("a GIC interrupt of the unknown type 0x%x".formatted(type));
    }
    int index = cells.get(1);
    if (index < 0 || index >= types[type].count()) {
      throw source.malformed(
          "%s %s, of which a GIC has %d"
              .formatted(types[type], Integer.toUnsignedString(index), types[type].count()));
    }
    return new Gic(controller, cells, types[type], index, Trigger.ofFlags(cells.get(2)));
  }
}
