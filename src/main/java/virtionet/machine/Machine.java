package virtionet.machine;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * What the driver stands on: somewhere to find devices, reach their registers, share memory with
 * them and hear their interrupts. Nothing above this interface knows which machine it is.
 *
 * <p>All methods may be called from any thread. After {@link #close()}, or once {@link #lost()} has
 * completed, each of them throws {@link MachineException}.
 */
public interface Machine extends AutoCloseable {

  /** A short name for people, such as {@code QEMU riscv64 virt}. */
  String description();

  /**
   * The places where a virtio-mmio device may stand, in the order of their addresses.
   *
   * @param compatible the {@code compatible} strings to look for, normally {@code virtio,mmio}
   */
  List<Slot> slots(Set<String> compatible);

  /** Opens the device of a slot: its register window, or its back-end. */
  DeviceAccess access(Slot slot);

  /** Memory that the devices of this machine can reach. */
  DeviceMemory memory();

  /**
   * The interrupt line of a slot.
   *
   * @throws MachineException when the slot has none
   */
  InterruptLine interruptLine(Slot slot);

  /**
   * Completes, with the reason, when the machine is gone without {@link #close()}: its devices can
   * be neither reached nor reset any more. It never fails and does not complete at a normal close.
   */
  CompletionStage<String> lost();

  /**
   * Gives everything back. The devices must have been reset before. Device memory that somebody
   * still holds, such as a frame's, stays readable; it is unmapped once nobody does. Idempotent.
   */
  @Override
  void close();
}
