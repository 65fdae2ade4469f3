package virtionet.virtio;

import virtionet.machine.DeviceRegion;

/**
 * A virtqueue and the memory that it shares with its device: ring and indirect tables.
 *
 * @param layout of the ring, from the region's start on
 * @param region to be freed once the device was reset, or else withdrawn
 */
public record QueueMemory(Virtqueue queue, RingLayout layout, DeviceRegion region) {}
