package virtionet.driver;

import virtionet.machine.DeviceAccess;
import virtionet.machine.Machine;
import virtionet.machine.Slot;
import virtionet.virtio.Finding;

/**
 * Where a device stands.
 *
 * @param access its register window, or its back-end
 * @param found what a probe said of it: a network card
 */
record DevicePlace(Machine machine, Slot slot, DeviceAccess access, Finding.Device found) {}
