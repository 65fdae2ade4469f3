package virtionet.driver;

import virtionet.machine.Slot;
import virtionet.net.MacAddress;
import virtionet.virtio.FeatureReport;
import virtionet.virtio.MmioProbe;

/**
 * What is known of a device that is up.
 *
 * @param name by which clients ask for it: its slot's
 * @param mtu the most bytes after the Ethernet header of a frame
 * @param queuePairs receive and transmit queues that are set up
 */
public record DeviceInfo(
    String name,
    Slot slot,
    MmioProbe.Device found,
    MacAddress mac,
    int mtu,
    int queuePairs,
    FeatureReport features) {}
