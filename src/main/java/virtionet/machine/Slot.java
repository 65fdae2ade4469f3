package virtionet.machine;

import java.util.OptionalInt;

/**
 * A place on the bus where a virtio-mmio device may stand.
 *
 * @param name the device tree's node name, such as {@code virtio_mmio@10008000}
 * @param address physical address of the register window
 * @param size bytes of the register window
 * @param interrupt the line's number at the machine's interrupt controller; empty when the slot
 *     names none
 * @param dmaCoherent whether device and processor see each other's writes without cache upkeep
 */
public record Slot(
    String name, long address, long size, OptionalInt interrupt, boolean dmaCoherent) {

  @Override
  public String toString() {
    return "%s at 0x%x".formatted(name, address);
  }
}
