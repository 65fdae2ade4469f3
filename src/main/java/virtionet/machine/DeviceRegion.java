package virtionet.machine;

import java.lang.foreign.MemorySegment;

/**
 * A piece of device-visible memory. A device may write into it at any time until its reset has been
 * confirmed, so exactly one of {@link #free()} and {@link #quarantine()} ends its life; what was
 * quarantined can be given back once, by {@link #release()}.
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

  /** Withdraws the region: the device could not be reset and may still write into it. */
  void quarantine();

  /**
   * Gives a region back that was quarantined. Only after that device has confirmed a later reset.
   *
   * @throws IllegalStateException if it is not quarantined
   */
  void release();
}
