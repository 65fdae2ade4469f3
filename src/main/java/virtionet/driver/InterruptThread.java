package virtionet.driver;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import virtionet.machine.InterruptLine;
import virtionet.machine.MachineException;

/**
 * Waits for a device's line on a platform thread of its own and tells of it. While one raise is
 * being handled, any number of further ones make one more: an interrupt storm fills no mailbox.
 */
final class InterruptThread implements LineWatch {
  /**
   * After how long a line counts as quiet; and how soon the thread sees that it is to stop, should
   * closing the line not wake it.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final InterruptLine line;
  private final Listener listener;
  private final AtomicBoolean quietTold = new AtomicBoolean();
  private final AtomicBoolean told = new AtomicBoolean();
  private final Thread thread;
  private volatile boolean stopping;

  /** Its listener is told nothing more after {@link #stop()}. */
  InterruptThread(String name, InterruptLine line, Listener listener) {
    this.line = line;
    this.listener = listener;
    thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
  }

  void start() {
    line.enable();
    thread.start();
  }

  @Override
  public void handled() {
    told.set(false);
  }

  @Override
  public void quietHandled() {
    quietTold.set(false);
  }

  private void run() {
    try {
      while (!stopping) {
        switch (line.await(PATIENCE)) {
          case CLOSED -> {
            return;
          }
          case RAISED -> tell(told, listener.raised());
          case TIMEOUT -> tell(quietTold, listener.quiet());
        }
      }
    } catch (InterruptedException e) {
      // Nobody interrupts this thread but to end it.
      Thread.currentThread().interrupt();
    } catch (MachineException e) {
      if (!stopping) {
        listener.failed().accept("its interrupt line cannot be waited for: " + e.getMessage());
      }
    }
  }

  private static void tell(AtomicBoolean pending, Runnable message) {
    if (pending.compareAndSet(false, true)) {
      message.run();
    }
  }

  @Override
  public void stop() {
    stopping = true;
    line.close();
    try {
      thread.join(PATIENCE.multipliedBy(2));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
