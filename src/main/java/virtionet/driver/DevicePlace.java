package virtionet.driver;

import virtionet.machine.Machine;
import virtionet.machine.Registers;
import virtionet.machine.Slot;
import virtionet.virtio.MmioProbe;

/**
 * Where a device stands.
 *
 * @param registers its register window
 * @param found what a probe said of them: a network card
 */
record DevicePlace(Machine machine, Slot slot, Registers registers, MmioProbe.Device found) {}
