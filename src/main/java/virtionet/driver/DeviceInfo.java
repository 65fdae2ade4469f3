package virtionet.driver;

import java.util.Objects;
import virtionet.machine.Slot;
import virtionet.net.HashLimits;
import virtionet.net.MacAddress;
import virtionet.virtio.FeatureReport;
import virtionet.virtio.Finding;

/**
 * What is known of a device that is up.
 *
 * @param name by which clients ask for it: its slot's
 * @param mac its address when it was brought up; {@link DeviceEvents#mac()} is the present one
 * @param mtu the most bytes after the Ethernet header of a frame
 * @param queuePairs receive and transmit queues that are set up
 * @param hashLimits how it can hash received frames, where RSS or HASH_REPORT was accepted
 */
public record DeviceInfo(
    String name,
    Slot slot,
    Finding.Device found,
    MacAddress mac,
    int mtu,
    int queuePairs,
    HashLimits hashLimits,
    FeatureReport features) {
  public DeviceInfo {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(slot, "slot");
    Objects.requireNonNull(found, "found");
    Objects.requireNonNull(mac, "mac");
    Objects.requireNonNull(hashLimits, "hashLimits");
    Objects.requireNonNull(features, "features");
  }
}
