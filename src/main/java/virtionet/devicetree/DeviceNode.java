package virtionet.devicetree;

import java.util.List;

/**
 * A device as a driver wants it: where its registers are and which interrupts it raises.
 *
 * @param node where it stands in the tree
 * @param windows its register windows as physical addresses; empty where it has no {@code reg}
 * @param interrupts in the order of the tree; empty where it has none
 * @param dmaCoherence from the node or from a bus above it
 */
public record DeviceNode(
    Node node,
    List<AddressWindow> windows,
    List<InterruptSpecifier> interrupts,
    DmaCoherence dmaCoherence) {

  /** The name with its unit address, such as {@code virtio_mmio@10008000}. */
  public String name() {
    return node.name();
  }

  public String path() {
    return node.path();
  }
}
