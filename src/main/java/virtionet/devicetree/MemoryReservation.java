package virtionet.devicetree;

/**
 * Memory that must not be used for anything but what the firmware keeps there.
 *
 * @param address physical, unsigned
 * @param size in bytes, unsigned
 */
public record MemoryReservation(long address, long size) {}
