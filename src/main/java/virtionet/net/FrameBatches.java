package virtionet.net;

import org.jctools.queues.varhandle.MpmcVarHandleArrayQueue;

/** Where batches come from, and rest between two uses, so that none has to be made. Any thread. */
public final class FrameBatches {
  /** As many as may be on their way through a stream with asynchronous boundaries. */
  private static final int MOST_AT_REST = 16;

  private final int capacity;
  private final MpmcVarHandleArrayQueue<FrameBatch> resting =
      new MpmcVarHandleArrayQueue<>(MOST_AT_REST);

  /**
   * @param capacity frames of each batch, at least 1
   */
  public FrameBatches(int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("batches of " + capacity + " frames");
    }
    this.capacity = capacity;
  }

  /** An empty one; the caller holds it. */
  public FrameBatch take() {
    FrameBatch batch = resting.poll();
    if (batch == null) {
      return new FrameBatch(capacity, this);
    }
    batch.awake();
    return batch;
  }

  /** One that is empty, and nobody's. */
  void rest(FrameBatch batch) {
    // With enough of them at rest it becomes garbage.
    boolean _ = resting.offer(batch);
  }
}
