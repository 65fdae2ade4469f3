package virtionet.machine.qemu;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import virtionet.machine.InterruptLine;

/**
 * One input of QEMU's interrupt controller. QEMU tells of changes only: an interrupt that comes
 * while another one still holds the line up is not a change, so the level is kept here, and looked
 * at again once the driver has acknowledged.
 */
final class QtestInterruptLine implements InterruptLine {
  private final AtomicBoolean raised = new AtomicBoolean();
  private final Semaphore news = new Semaphore(0);
  private volatile boolean high;
  private volatile boolean closed;

  /** The reader's: the line went up or down. */
  void level(boolean newHigh) {
    high = newHigh;
    if (newHigh) {
      raise();
    }
  }

  /** This line or, when it was closed, another one of the same level. */
  QtestInterruptLine reopened() {
    if (!closed) {
      return this;
    }
    var line = new QtestInterruptLine();
    line.high = high;
    return line;
  }

  private void raise() {
    if (raised.compareAndSet(false, true)) {
      news.release();
    }
  }

  @Override
  public Wakeup await(Duration timeout) throws InterruptedException {
    boolean any = closed || news.tryAcquire(timeout.toNanos(), TimeUnit.NANOSECONDS);
    if (closed) {
      return Wakeup.CLOSED;
    }
    if (!any) {
      return Wakeup.TIMEOUT;
    }
    raised.set(false);
    return Wakeup.RAISED;
  }

  @Override
  public void enable() {
    // What the acknowledgement did to the line was heard before its own answer.
    if (high) {
      raise();
    }
  }

  @Override
  public void close() {
    closed = true;
    news.release();
  }
}
