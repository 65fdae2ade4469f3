package virtionet.machine.libc;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import virtionet.machine.InterruptLine;
import virtionet.machine.LineSelector;

/**
 * An interrupt line that is a file descriptor: it can be read when the line was raised.
 *
 * <p>Whoever uses the descriptor holds the lock for reading, and closing takes it for writing: a
 * number that was given back may be another file's at once, and what is written there would be
 * damage.
 */
public abstract class DescriptorLine implements InterruptLine {
  private final int descriptor;
  private final int stop = EventFd.open();
  private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();
  private volatile boolean closed;
  private volatile boolean ended;
  private volatile Runnable closing = () -> {};

  /**
   * @param descriptor stays open as long as this is; who made it closes it
   */
  protected DescriptorLine(int descriptor) {
    this.descriptor = descriptor;
  }

  /** Takes the raise that made the descriptor readable; it is open meanwhile. */
  protected abstract void take();

  /** Lets the next raise through; the descriptor is open meanwhile. */
  protected abstract void unmask();

  @Override
  public final Wakeup await(Duration timeout) {
    use.readLock().lock();
    try {
      if (closed) {
        return Wakeup.CLOSED;
      }
      return switch (Poll.awaitReadable(stop, descriptor, timeout)) {
        case 0 -> Wakeup.TIMEOUT;
        case 1 -> Wakeup.CLOSED;
        default -> {
          take();
          yield Wakeup.RAISED;
        }
      };
    } finally {
      use.readLock().unlock();
    }
  }

  @Override
  public final void enable() {
    use.readLock().lock();
    try {
      if (!closed) {
        unmask();
      }
    } finally {
      use.readLock().unlock();
    }
  }

  @Override
  public final Optional<LineSelector> openSelector() {
    return Optional.of(new DescriptorSelector());
  }

  /**
   * For a selector: keeps the descriptor from being closed until {@link #leave()}.
   *
   * @return false when it is closed
   */
  final boolean enter() {
    use.readLock().lock();
    if (closed) {
      use.readLock().unlock();
      return false;
    }
    return true;
  }

  final void leave() {
    use.readLock().unlock();
  }

  /** To poll for reading; only between {@link #enter()} and {@link #leave()}. */
  final int descriptor() {
    return descriptor;
  }

  /** What ends the wait of who has entered, at the close. */
  final void onClose(Runnable action) {
    closing = action;
  }

  /** Whether its close is done: nobody uses the descriptor through it any more. */
  public final boolean hasEnded() {
    return ended;
  }

  /** Returns when nobody uses the descriptors any more. */
  @Override
  public final synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    EventFd.signal(stop);
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
