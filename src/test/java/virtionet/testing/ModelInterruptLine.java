package virtionet.testing;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import virtionet.machine.InterruptLine;

/** A level-triggered line that masks itself with each interrupt, as UIO's does. Any thread. */
public final class ModelInterruptLine implements InterruptLine {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean high;
  private boolean enabled;
  private boolean closed;
  private boolean muted;

  /** Loses each rise from now on, or no more. */
  public void mute(boolean lost) {
    lock.lock();
    try {
      muted = lost;
    } finally {
      lock.unlock();
    }
  }

  void level(boolean newHigh) {
    lock.lock();
    try {
      high = newHigh && !muted;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** As new, after a close: for the next driver of the device. */
  void reopen() {
    lock.lock();
    try {
      closed = false;
      enabled = false;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Wakeup await(Duration timeout) throws InterruptedException {
    lock.lock();
    try {
      long left = timeout.toNanos();
      while (!closed && !(high && enabled)) {
        if (left <= 0) {
          return Wakeup.TIMEOUT;
        }
        left = changed.awaitNanos(left);
      }
      if (closed) {
        return Wakeup.CLOSED;
      }
      enabled = false;
      return Wakeup.RAISED;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void enable() {
    lock.lock();
    try {
      enabled = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
