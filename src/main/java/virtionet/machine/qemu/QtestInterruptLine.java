package virtionet.machine.qemu;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import virtionet.machine.InterruptLine;

/** One input of QEMU's interrupt controller. */
final class QtestInterruptLine implements InterruptLine {
  private final AtomicBoolean raised = new AtomicBoolean();
  private final Semaphore news = new Semaphore(0);
  private volatile boolean closed;

  void raise() {
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

  /** Nothing to do: nobody masks the line, and QEMU tells of each raise. */
  @Override
  public void enable() {}

  @Override
  public void close() {
    closed = true;
    news.release();
  }
}
