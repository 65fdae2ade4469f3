package virtionet.driver;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import virtionet.machine.InterruptLine;
import virtionet.machine.InterruptLine.Wakeup;
import virtionet.machine.MachineException;

/**
 * Waits for a device's line on a platform thread of its own and tells of it. While one raise is
 * being handled, any number of further ones make one more: an interrupt storm fills no mailbox.
 */
final class InterruptThread {
  /** How soon the thread sees that it is to stop, should closing the line not wake it. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final InterruptLine line;
  private final Runnable raised;
  private final Consumer<String> failed;
  private final AtomicBoolean told = new AtomicBoolean();
  private final Thread thread;
  private volatile boolean stopping;

  /**
   * @param raised run when the line was raised
   * @param failed told why no interrupt will be noticed any more; not after {@link #stop()}
   */
  InterruptThread(String name, InterruptLine line, Runnable raised, Consumer<String> failed) {
    this.line = line;
    this.raised = raised;
    this.failed = failed;
    thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
  }

  void start() {
    line.enable();
    thread.start();
  }

  /** What was told is being handled: the next raise is to be told again. */
  void handled() {
    told.set(false);
  }

  private void run() {
    try {
      while (!stopping) {
        Wakeup wakeup = line.await(PATIENCE);
        if (wakeup == Wakeup.CLOSED) {
          return;
        }
        if (wakeup == Wakeup.RAISED && told.compareAndSet(false, true)) {
          raised.run();
        }
      }
    } catch (InterruptedException e) {
      // Nobody interrupts this thread but to end it.
      Thread.currentThread().interrupt();
    } catch (MachineException e) {
      if (!stopping) {
        failed.accept("its interrupt line cannot be waited for: " + e.getMessage());
      }
    }
  }

  /** Closes the line and waits for the thread's end. */
  void stop() {
    stopping = true;
    line.close();
    try {
      thread.join(PATIENCE.multipliedBy(2));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
