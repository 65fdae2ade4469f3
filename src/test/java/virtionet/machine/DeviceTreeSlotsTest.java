package virtionet.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static virtionet.devicetree.VirtioTree.slot;
import static virtionet.devicetree.VirtioTree.tree;

import ch.qos.logback.classic.Level;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import virtionet.devicetree.BlobBuilder;
import virtionet.testing.CapturedLog;

/** From a device tree to the places where devices may stand. */
class DeviceTreeSlotsTest {
  private static final Set<String> VIRTIO = Set.of("virtio,mmio");

  private static List<Slot> slots(BlobBuilder tree, boolean coherentUnlessSaid) {
    return DeviceTreeSlots.find(tree.end().parse(), VIRTIO, coherentUnlessSaid);
  }

  @Test
  void slotsComeInTheOrderOfTheirAddressesTakenAsUnsigned() {
    BlobBuilder tree = tree();
    for (int address : new int[] {0x3000, 0xf000_0000, 0x1000}) {
      slot(tree, address, address >>> 12 & 0xff);
    }
    tree.node("virtio_mmio@far")
        .strings("compatible", "virtio,mmio")
        .cells("reg", 0x8000_0000, 0, 0, 0x200)
        .end();
    assertEquals(
        List.of(0x1000L, 0x3000L, 0xf000_0000L, 0x8000_0000_0000_0000L),
        slots(tree, true).stream().map(Slot::address).toList());
  }

  @Test
  void aSlotHasItsNodesNameWindowAndLine() {
    assertEquals(
        List.of(new Slot("virtio_mmio@1000", 0x1000, 0x200, OptionalInt.of(5), true)),
        slots(slot(tree(), 0x1000, 5), true));
  }

  @Test
  void aMalformedNodeIsLeftOutWithAWarningAndSpoilsNoOther() {
    BlobBuilder tree =
        slot(tree(), 0x1000, 5)
            .node("virtio_mmio@2000")
            .strings("compatible", "virtio,mmio")
            .cells("reg", 0, 0x2000, 0)
            .end();
    try (var log = new CapturedLog(Level.WARN)) {
      assertEquals(
          List.of("virtio_mmio@1000", "virtio_mmio@3000"),
          slots(slot(tree, 0x3000, 7), true).stream().map(Slot::name).toList());
      assertEquals(1, log.lines(Level.WARN, "/virtio_mmio@2000 is left out").size());
    }
  }

  @Test
  void aNodeWithoutRegistersIsLeftOutWithAWarning() {
    BlobBuilder tree = tree().node("virtio_mmio").strings("compatible", "virtio,mmio").end();
    try (var log = new CapturedLog(Level.WARN)) {
      assertEquals(List.of(), slots(tree, true));
      assertEquals(1, log.lines(Level.WARN, "it has no registers (reg)").size());
    }
  }

  @Test
  void aNodeWithoutInterruptIsASlotWithoutLine() {
    BlobBuilder tree =
        tree()
            .node("virtio_mmio@1000")
            .strings("compatible", "virtio,mmio")
            .cells("reg", 0, 0x1000, 0, 0x200)
            .end();
    assertEquals(OptionalInt.empty(), slots(tree, true).getFirst().interrupt());
  }

  @Test
  void coherenceIsWhatTheNodeSaysElseWhatTheMachineMeans() {
    BlobBuilder tree =
        slot(tree(), 0x1000, 5)
            .node("virtio_mmio@2000")
            .strings("compatible", "virtio,mmio")
            .cells("reg", 0, 0x2000, 0, 0x200)
            .property("dma-coherent")
            .end();
    assertEquals(List.of(false, true), slots(tree, false).stream().map(Slot::dmaCoherent).toList());
  }

  @Test
  void otherDevicesAndDisabledOnesAreNoSlots() {
    BlobBuilder tree =
        tree()
            .node("uart@1000")
            .strings("compatible", "ns16550a")
            .cells("reg", 0, 0x1000, 0, 0x200)
            .end()
            .node("virtio_mmio@2000")
            .strings("compatible", "virtio,mmio")
            .strings("status", "disabled")
            .cells("reg", 0, 0x2000, 0, 0x200)
            .end();
    assertEquals(List.of(), slots(tree, true));
  }
}
