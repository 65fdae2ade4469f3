package virtionet.machine.linux;

import virtionet.machine.Registers;

/** How a device is made to let go of all memory; what it takes is known above this floor. */
@FunctionalInterface
public interface DeviceReset {

  /**
   * Resets the device behind these registers and waits for its confirmation.
   *
   * @throws RuntimeException when it does not confirm
   */
  void reset(Registers registers);
}
