package virtionet.machine;

import java.lang.foreign.MemorySegment;

/**
 * A piece of device-visible memory. A device may write into it at any time until its reset has been
 * confirmed, so exactly one of {@link #free()} and {@link #quarantine()} ends its life.
 */
public interface DeviceRegion {

  /** The region as this process sees it; lives as long as the machine. */
  MemorySegment segment();

  /** The address of its first byte as the device sees it. */
  long deviceAddress();

  /**
   * Gives the region back. Only after the device has confirmed its reset.
   *
   * @throws IllegalStateException if it was given back before
   */
  void free();

  /** Withdraws the region for good: the device could not be reset and may still write into it. */
  void quarantine();
}
