package virtionet.machine;

/** Memory that both the JVM and a device can reach. Any thread may call. */
public interface DeviceMemory {

  /**
   * Takes a zeroed region that is contiguous for the device.
   *
   * @param bytes its size, more than 0
   * @param alignment of its device address; a power of two
   * @throws MachineException when there is not so much memory left
   */
  DeviceRegion allocate(long bytes, long alignment);

  /** Bytes still to be had, not necessarily in one piece. */
  long available();

  /** Bytes withdrawn by {@link DeviceRegion#quarantine()} and not given back since. */
  long quarantined();
}
