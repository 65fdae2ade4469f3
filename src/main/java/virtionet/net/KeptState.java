package virtionet.net;

import org.jspecify.annotations.Nullable;

/**
 * What the driver keeps of a network device over its resets: the counters, and the buffers with the
 * frames in them that clients hold.
 */
public final class KeptState {
  private final Counters counters = new Counters();
  private final @Nullable LeakDetector leaks;
  private final BufferPools pools;

  /** Without a look-out for frames that are never released. */
  public KeptState() {
    this(false);
  }

  /**
   * @param leakDetection whether to tell where frames were taken that are never released, see
   *     {@link Frame#touch}; it costs a stack trace for each frame
   */
  public KeptState(boolean leakDetection) {
    leaks = leakDetection ? new LeakDetector(counters) : null;
    pools = new BufferPools(leaks);
  }

  /** Of the device in all its lives. Any thread. */
  public Counters counters() {
    return counters;
  }

  /** Where its buffers are, those of former lives included. Any thread. */
  public BufferBalance buffers() {
    return pools.balance();
  }

  BufferPools pools() {
    return pools;
  }

  /** Gives the buffers back, when the device is started again only on another machine. */
  public void retire() {
    pools.retire();
  }

  /**
   * Gives the buffers back, when the device has ended and is not started again; those whose frames
   * are still held go back with the last of them. For the device's owner; a second call does
   * nothing.
   */
  public void end() {
    retire();
    if (leaks != null) {
      leaks.ended();
    }
  }
}
