package virtionet.net;

/**
 * What the driver keeps of a network device over its resets: the counters, and the buffers with the
 * frames in them that clients hold.
 */
public final class KeptState {
  private final Counters counters = new Counters();
  private final BufferPools pools = new BufferPools();

  /** Of the device in all its lives. Any thread. */
  public Counters counters() {
    return counters;
  }

  BufferPools pools() {
    return pools;
  }

  /**
   * Gives the buffers back, when the device has ended and is not started again; those whose frames
   * are still held go back with the last of them. For the device's owner; a second call does
   * nothing.
   */
  public void end() {
    pools.retire();
  }
}
