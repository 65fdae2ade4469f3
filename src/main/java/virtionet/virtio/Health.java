package virtionet.virtio;

/** How a device that was started stands, by its status field (VirtIO 1.3 §2.1). */
public enum Health {
  /** As it was started. */
  FINE,
  /** It met an error that only a reset mends. */
  NEEDS_RESET,
  /** It knows no more that it was started: somebody else has reset it, or it has itself. */
  STOPPED
}
