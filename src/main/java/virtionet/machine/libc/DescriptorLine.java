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
 *
 * <p>Once raised, it is silent until it is enabled, whatever else the descriptor tells meanwhile: a
 * device that raises it without end is heard once for each time that it is handled.
 */
public abstract class DescriptorLine implements InterruptLine {
  private final int descriptor;

  /** Ends a wait, for whoever waits to look again. */
  private final int change = EventFd.open();

  private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();
  private volatile boolean closed;
  private volatile boolean ended;

  /** Raised and not yet enabled; a line that was never enabled is heard. */
  private volatile boolean masked;

  /** Whether {@link #await} waits for the mask to be lifted. */
  private volatile boolean awaited;

  private volatile Runnable changed = () -> {};

  /**
   * @param descriptor stays open as long as this is; who made it closes it
   */
  protected DescriptorLine(int descriptor) {
    this.descriptor = descriptor;
  }

  /** Takes the raise that made the descriptor readable; it is open meanwhile. */
  protected abstract void take();

  /**
   * Lets the next raise through; the descriptor is open meanwhile.
   *
   * @param raised whether a raise was taken since the last time: who took it looks at the device
   *     after this, so that what was raised until now needs no telling
   */
  protected abstract void unmask(boolean raised);

  @Override
  public final Wakeup await(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    use.readLock().lock();
    try {
      while (!closed) {
        Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
        switch (masked ? awaitChange(left) : Poll.awaitReadable(change, descriptor, left)) {
          case 0 -> {
            return Wakeup.TIMEOUT;
          }
          case 1 -> {
            if (!closed) { // That change is for all who wait.
              EventFd.drain(change);
            }
          }
          default -> {
            mask();
            return Wakeup.RAISED;
          }
        }
      }
      return Wakeup.CLOSED;
    } finally {
      use.readLock().unlock();
    }
  }

  /**
   * @return as {@link Poll#awaitReadable} for the first
   */
  private int awaitChange(Duration timeout) {
    awaited = true;
    try {
      // Of the two looks, here and in enable(), one sees the other's write.
      return masked ? Poll.awaitReadable(change, change, timeout) : 1;
    } finally {
      awaited = false;
    }
  }

  @Override
  public final void enable() {
    use.readLock().lock();
    try {
      if (closed) {
        return;
      }
      boolean raised = masked;
      unmask(raised);
      if (raised) {
        masked = false;
        if (awaited) {
          EventFd.signal(change);
        }
        changed.run();
      }
    } finally {
      use.readLock().unlock();
    }
  }

  /** For who has entered: takes the raise, and is silent until it is enabled. */
  final void mask() {
    take();
    masked = true;
  }

  /** Whether there is nothing to wait for before it is enabled. */
  final boolean isMasked() {
    return masked;
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

  /** What has a selector look again, at the close and when it is enabled; on any thread. */
  final void onChange(Runnable action) {
    changed = action;
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
    EventFd.signal(change);
    changed.run();
    use.writeLock().lock();
    try {
      Libc.close(change);
    } finally {
      use.writeLock().unlock();
      ended = true;
    }
  }
}
