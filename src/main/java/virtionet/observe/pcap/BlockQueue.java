package virtionet.observe.pcap;

import java.nio.ByteBuffer;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import virtionet.net.Frame;

/**
 * Blocks on their way from the streams to the thread that writes them: one buffer is filled while
 * the other is written. Whoever has a frame encodes it right here, so that nothing is allocated for
 * it, and never waits longer than somebody else's frame takes to be copied.
 */
final class BlockQueue {
  /** What became of a frame. */
  enum Outcome {
    TAKEN,
    /** There was no room for it. */
    FULL,
    /** Somebody had released it. */
    UNREADABLE,
    /** The capture is over. */
    CLOSED,
    /** The capture is over before its time. */
    FAILED
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition filled = lock.newCondition();
  private final PcapSettings settings;

  // All that follows is guarded by the lock; `writing` is the writer's between two calls of take.
  private ByteBuffer filling;
  private ByteBuffer writing;
  private long taken;
  private boolean woken;
  private boolean closed;
  private boolean failed;

  BlockQueue(PcapSettings settings) {
    this.settings = settings;
    filling = Blocks.buffer(settings.queueBytes());
    writing = Blocks.buffer(settings.queueBytes());
  }

  /** Adds a frame, which stays its holder's. */
  Outcome add(int point, int flags, Frame frame, byte[] comment, long dropsBefore) {
    lock.lock();
    try {
      if (closed) {
        return failed ? Outcome.FAILED : Outcome.CLOSED;
      }
      int captured = Math.min(frame.length(), settings.snapLength());
      if (Blocks.packetSize(captured, comment, dropsBefore) > filling.remaining()) {
        return Outcome.FULL;
      }
      int start = filling.position();
      long now = settings.clock().getAsLong();
      try {
        Blocks.packet(filling, point, now, flags, frame, captured, comment, dropsBefore);
      } catch (IllegalStateException e) {
        filling.position(start);
        return Outcome.UNREADABLE;
      }
      taken++;
      closed = taken >= settings.limit();
      if (start == 0 || closed) {
        filled.signal();
      }
      return Outcome.TAKEN;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for blocks. Only the writer's thread.
   *
   * @return those that came, good until the next call; none when it was woken; null when it is
   *     closed and all are taken
   */
  @Nullable ByteBuffer take() throws InterruptedException {
    lock.lock();
    try {
      while (filling.position() == 0 && !closed && !woken) {
        filled.await();
      }
      if (filling.position() == 0 && closed) {
        return null;
      }
      woken = false;
      ByteBuffer blocks = filling;
      filling = writing.clear();
      writing = blocks.flip();
      return blocks;
    } finally {
      lock.unlock();
    }
  }

  /** Frames that were taken so far. */
  long taken() {
    lock.lock();
    try {
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** Has {@link #take} return. */
  void wake() {
    lock.lock();
    try {
      woken = true;
      filled.signal();
    } finally {
      lock.unlock();
    }
  }

  /** No more frames are taken; those that were can still be had. */
  void close() {
    lock.lock();
    try {
      closed = true;
      filled.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Those that were taken will not arrive, and no more are taken. */
  void fail() {
    lock.lock();
    try {
      // One that was closed has missed nothing since.
      failed = !closed;
      closed = true;
    } finally {
      lock.unlock();
    }
  }
}
