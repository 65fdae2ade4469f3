package virtionet.machine.linux;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import virtionet.machine.InterruptLine;
import virtionet.machine.LineSelector;

/**
 * A device's interrupts as UIO tells them: a read gives how many there were, and the line stays
 * masked from each one until a 1 is written.
 *
 * <p>Nothing is lost between acknowledging and unmasking, whatever the line's kind. A level that is
 * still high when the mask is lifted interrupts at once. An edge that came while the line was
 * masked is kept by the interrupt controller. What the device did after it was acknowledged, and
 * before the queues are looked at, is seen by that look, which comes last.
 *
 * <p>Whoever uses the descriptors holds the lock for reading, and closing takes it for writing: a
 * number that was given back may be another file's at once, and a 1 written there would be damage.
 */
final class UioInterruptLine implements InterruptLine {
  private static final int UNMASK = 1;

  private final String file;
  private final int descriptor;
  private final int stop = Libc.eventfd();
  private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();
  private volatile boolean closed;
  private volatile boolean ended;
  private volatile Runnable closing = () -> {};

  UioInterruptLine(String file, int descriptor) {
    this.file = file;
    this.descriptor = descriptor;
  }

  @Override
  public Wakeup await(Duration timeout) {
    use.readLock().lock();
    try {
      if (closed) {
        return Wakeup.CLOSED;
      }
      return switch (Libc.awaitReadable(stop, descriptor, timeout)) {
        case 0 -> Wakeup.TIMEOUT;
        case 1 -> Wakeup.CLOSED;
        default -> {
          Libc.readInt(descriptor, file);
          yield Wakeup.RAISED;
        }
      };
    } finally {
      use.readLock().unlock();
    }
  }

  @Override
  public void enable() {
    use.readLock().lock();
    try {
      if (!closed) {
        Libc.writeInt(descriptor, UNMASK, file);
      }
    } finally {
      use.readLock().unlock();
    }
  }

  @Override
  public Optional<LineSelector> openSelector() {
    return Optional.of(new UioLineSelector());
  }

  /**
   * For a selector: keeps the descriptor from being closed until {@link #leave()}.
   *
   * @return false when it is closed
   */
  boolean enter() {
    use.readLock().lock();
    if (closed) {
      use.readLock().unlock();
      return false;
    }
    return true;
  }

  void leave() {
    use.readLock().unlock();
  }

  /** To poll for reading; only between {@link #enter()} and {@link #leave()}. */
  int descriptor() {
    return descriptor;
  }

  /** Takes the raise that made the descriptor readable. */
  void take() {
    Libc.readInt(descriptor, file);
  }

  /** What ends the wait of who has entered, at the close. */
  void onClose(Runnable action) {
    closing = action;
  }

  /** Whether its close is done: nobody uses the device's descriptor through it any more. */
  boolean hasEnded() {
    return ended;
  }

  /** Returns when nobody uses the descriptors any more. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    Libc.signal(stop);
    closing.run();
    use.writeLock().lock();
    try {
      Libc.close(stop);
    } finally {
      use.writeLock().unlock();
      ended = true;
    }
  }
}
