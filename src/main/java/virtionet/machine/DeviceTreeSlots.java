package virtionet.machine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.devicetree.AddressWindow;
import virtionet.devicetree.DeviceNode;
import virtionet.devicetree.DeviceSearch;
import virtionet.devicetree.DeviceTree;

/** The slots that a device tree describes. */
public final class DeviceTreeSlots {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceTreeSlots.class);

  private DeviceTreeSlots() {}

  /**
   * The enabled nodes that are compatible with one of these strings, in the order of their
   * addresses. A node that makes no sense is left out with a warning.
   *
   * @param coherentUnlessSaid what a tree that says nothing of DMA coherence means by it: true on
   *     RISC-V, false on Arm
   */
  public static List<Slot> find(
      DeviceTree tree, Set<String> compatible, boolean coherentUnlessSaid) {
    DeviceSearch search = tree.devices(compatible);
    search
        .malformed()
        .forEach(
            node ->
                LOG.warn("device tree node {} is left out: {}", node.node().path(), node.reason()));
    List<Slot> slots = new ArrayList<>();
    for (DeviceNode node : search.devices()) {
      if (node.windows().isEmpty()) {
        LOG.warn("device tree node {} is left out: it has no registers (reg)", node.path());
        continue;
      }
      AddressWindow window = node.windows().getFirst();
      OptionalInt line =
          node.interrupts().isEmpty() ? OptionalInt.empty() : node.interrupts().getFirst().number();
      slots.add(
          new Slot(
              node.name(),
              window.address(),
              window.size(),
              line,
              node.dmaCoherence().orElse(coherentUnlessSaid)));
    }
    slots.sort(Comparator.comparing(Slot::address, Long::compareUnsigned));
    return slots;
  }
}
