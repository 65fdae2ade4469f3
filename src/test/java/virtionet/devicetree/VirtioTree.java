package virtionet.devicetree;

/** Trees of virtio-mmio slots behind one interrupt controller. */
public final class VirtioTree {
  private VirtioTree() {}

  /** A root, left open, with the controller that the slots' lines lead to. */
  public static BlobBuilder tree() {
    return BlobBuilder.root()
        .cells("interrupt-parent", 1)
        .node("plic@c000000")
        .cells("phandle", 1)
        .cells("#interrupt-cells", 1)
        .strings("compatible", "riscv,plic0")
        .property("interrupt-controller")
        .end();
  }

  /** Adds a slot of 512 bytes. */
  public static BlobBuilder slot(BlobBuilder tree, int address, int line) {
    return tree.node("virtio_mmio@%x".formatted(address))
        .strings("compatible", "virtio,mmio")
        .cells("reg", 0, address, 0, 0x200)
        .cells("interrupts", line)
        .end();
  }
}
