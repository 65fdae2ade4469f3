package virtionet.devicetree;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code reg} read by the parent's cell counts and carried up to the root through each {@code
 * ranges} on the way (Devicetree Specification 0.4 §2.3.5, §2.3.6, §2.3.8).
 */
final class Addresses {
  /** What a bus has that does not say (§2.3.5). */
  private static final int DEFAULT_ADDRESS_CELLS = 2;

  private static final int DEFAULT_SIZE_CELLS = 1;

  /** No binding uses more: a larger count is an error in the tree. */
  private static final int MAX_CELLS = 4;

  /** What fits a {@code long}. PCI's three-cell addresses need a PCI driver to be understood. */
  private static final int MAX_NUMBER_CELLS = 2;

  // These multiply, so they are bounded: well above any real tree, and seconds for the worst one.
  private static final int MAX_WINDOWS = 64;
  private static final int MAX_RANGES = 128;

  /** Buses on a way that translate; those with empty {@code ranges} do not count. */
  private static final int MAX_TRANSLATIONS = 8;

  private Addresses() {}

  static List<AddressWindow> reg(Node node) {
    Optional<Property> property = node.property("reg");
    if (property.isEmpty()) {
      return List.of();
    }
    Property reg = property.get();
    Node bus = node.parent().orElseThrow(() -> reg.malformed("the root stands on no bus"));
    int addressCells = numberCells(bus, "#address-cells", DEFAULT_ADDRESS_CELLS);
    int sizeCells = numberCells(bus, "#size-cells", DEFAULT_SIZE_CELLS);
    int step = step(reg, addressCells + sizeCells, MAX_WINDOWS);
    List<AddressWindow> windows = new ArrayList<>();
    for (int at = 0; at < reg.cellCount(); at += step) {
      long address = reg.number(at, addressCells);
      long size = reg.number(at + addressCells, sizeCells);
      checkFits(reg, address, size);
      windows.add(new AddressWindow(toProcessor(reg, bus, address, size), size));
    }
    return List.copyOf(windows);
  }

  private static long toProcessor(Property reg, Node bus, long address, long size) {
    Node from = bus;
    int translations = 0;
    // The root's own address space is the processor's.
    for (Optional<Node> to = bus.parent(); to.isPresent(); to = to.get().parent()) {
      if (!ranges(reg, from, address).isEmpty()) {
        if (++translations > MAX_TRANSLATIONS) {
          throw reg.malformed(
              "more than %d buses translate its address".formatted(MAX_TRANSLATIONS));
        }
        address = translate(reg, from, to.get(), address, size);
      }
      from = to.get();
    }
    return address;
  }

  private static Property ranges(Property reg, Node bus, long address) {
    return bus.property("ranges")
        .orElseThrow(
            () ->
                reg.malformed(
                    "0x%x has no physical address: %s has no 'ranges'"
                        .formatted(address, bus.path())));
  }

  private static long translate(Property reg, Node from, Node to, long address, long size) {
    Property ranges = ranges(reg, from, address);
    int childCells = numberCells(from, "#address-cells", DEFAULT_ADDRESS_CELLS);
    int parentCells = numberCells(to, "#address-cells", DEFAULT_ADDRESS_CELLS);
    int sizeCells = numberCells(from, "#size-cells", DEFAULT_SIZE_CELLS);
    int step = step(ranges, childCells + parentCells + sizeCells, MAX_RANGES);
    for (int at = 0; at < ranges.cellCount(); at += step) {
      long child = ranges.number(at, childCells);
      long length = ranges.number(at + childCells + parentCells, sizeCells);
      long inside = address - child;
      if (Long.compareUnsigned(address, child) >= 0
          && Long.compareUnsigned(inside, length) < 0
          && Long.compareUnsigned(size, length - inside) <= 0) {
        long parent = ranges.number(at + childCells, parentCells);
        checkFits(ranges, parent, length);
        return parent + inside;
      }
    }
    throw reg.malformed(
        "0x%x+0x%x lies in none of the 'ranges' of %s".formatted(address, size, from.path()));
  }

  /** Whether the last byte has an address: the space may be filled up to its very end. */
  private static void checkFits(Property property, long address, long size) {
    if (size != 0 && Long.compareUnsigned(address + (size - 1), address) < 0) {
      throw property.malformed(
          "0x%x+0x%x goes beyond the 64-bit address space".formatted(address, size));
    }
  }

  private static int step(Property property, int cells, int most) {
    if (cells == 0) {
      throw property.malformed("the bus has neither address nor size cells");
    }
    if (property.isEmpty() || property.cellCount() % cells != 0) {
      throw property.malformed(
          "%d cells are not entries of %d".formatted(property.cellCount(), cells));
    }
    if (property.cellCount() / cells > most) {
      throw property.malformed(
          "%d entries, where %d are accepted".formatted(property.cellCount() / cells, most));
    }
    return cells;
  }

  private static int numberCells(Node bus, String name, int absent) {
    Optional<Property> property = bus.property(name);
    if (property.isEmpty()) {
      return absent;
    }
    int count = property.get().u32();
    if (Integer.compareUnsigned(count, MAX_CELLS) > 0) {
      throw property
          .get()
          .malformed(
              "%s cells, where %d are the most"
                  .formatted(Integer.toUnsignedString(count), MAX_CELLS));
    }
    if (count > MAX_NUMBER_CELLS) {
      throw property
          .get()
          .malformed("%d cells, as on a PCI bus: not a plain physical address".formatted(count));
    }
    return count;
  }
}
