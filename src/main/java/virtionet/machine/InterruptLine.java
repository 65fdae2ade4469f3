package virtionet.machine;

import java.time.Duration;
import java.util.Optional;

/**
 * The wire by which a device says that something happened. One thread of its own waits on it; the
 * device's owner enables it again.
 */
public interface InterruptLine extends AutoCloseable {

  /** Why a wait ended. */
  enum Wakeup {
    /** The line was raised at least once since the last such answer. */
    RAISED,
    /** Nothing came in time. */
    TIMEOUT,
    /** The line was closed, here or by the loss of the machine. */
    CLOSED
  }

  /**
   * Blocks until the line is raised, the time is up, or the line is closed. For a platform thread
   * kept for this: it may pin a carrier.
   */
  Wakeup await(Duration timeout) throws InterruptedException;

  /**
   * Lets the next interrupt through. Called once at the start, and after each {@link
   * Wakeup#RAISED}, after the device's interrupt has been acknowledged and before its queues are
   * looked at again: then no event can fall between.
   */
  void enable();

  /**
   * A new selector, for the calling thread, that waits for lines of this kind; empty when each
   * needs a thread of its own, in {@link #await}.
   */
  default Optional<LineSelector> openSelector() {
    return Optional.empty();
  }

  /** Ends the wait in another thread. Idempotent. */
  @Override
  void close();
}
