package virtionet.virtio;

/** The bits of InterruptStatus (VirtIO 1.3 §4.2.2). */
public final class Interrupts {
  /** The device has used buffers in at least one queue. */
  public static final int USED_BUFFER = 1;

  /** The configuration changed, or the device asks for a reset. */
  public static final int CONFIGURATION_CHANGE = 2;

  static final int DEFINED = USED_BUFFER | CONFIGURATION_CHANGE;

  private Interrupts() {}
}
