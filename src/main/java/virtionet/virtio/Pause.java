package virtionet.virtio;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Waits between two looks at a register, a little longer each time, until a deadline. */
final class Pause {
  private static final long FIRST_NANOS = TimeUnit.MICROSECONDS.toNanos(50);
  private static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final long start = System.nanoTime();
  private final long timeout;
  private long nanos = FIRST_NANOS;

  Pause(Duration timeout) {
    this.timeout = timeout.toNanos();
  }

  /** Waits; false, at once, when the time is over. */
  boolean next() {
    if (System.nanoTime() - start >= timeout) {
      return false;
    }
    LockSupport.parkNanos(nanos);
    nanos = Math.min(2 * nanos, LONGEST_NANOS);
    return true;
  }
}
