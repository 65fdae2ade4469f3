package virtionet.virtio;

/**
 * The device broke the rules of a virtqueue, so the queue's state can no longer be trusted: the
 * device must be reset. Nothing of what the device wrote was acted on.
 */
public final class RingViolation extends VirtioException {
  private static final long serialVersionUID = 1L;

  /** What the device did. */
  public enum Kind {
    /** used.idx says that more buffers were used than are outstanding. */
    USED_INDEX_JUMP,
    /** A used id is not below the queue size. */
    ID_OUT_OF_RANGE,
    /** A used id names no chain that is outstanding: used twice, never given, or not a head. */
    ID_NOT_OUTSTANDING,
    /** With IN_ORDER, a used id names a buffer beyond those that the used index covers. */
    BATCH_TOO_LONG,
    /** Used lengths beyond what their buffers hold, one after the other. */
    LENGTHS_BEYOND_BUFFERS
  }

  private final Kind kind;
  private final int queue;

  /**
   * @param detail what the device wrote
   */
  public RingViolation(Kind kind, int queue, String detail) {
    super("virtqueue " + queue + ": " + detail);
    this.kind = kind;
    this.queue = queue;
  }

  public Kind kind() {
    return kind;
  }

  public int queue() {
    return queue;
  }
}
