package virtionet.driver;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import virtionet.machine.InterruptLine;
import virtionet.machine.MachineException;

/**
 * Waits for a device's line on a platform thread of its own and tells of it. While one raise is
 * being handled, any number of further ones make one more: an interrupt storm fills no mailbox.
 */
final class InterruptThread {
  /**
   * After how long a line counts as quiet; and how soon the thread sees that it is to stop, should
   * closing the line not wake it.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final InterruptLine line;
  private final Runnable raised;
  private final Runnable quiet;
  private final Consumer<String> failed;
  private final AtomicBoolean quietTold = new AtomicBoolean();
  private final AtomicBoolean told = new AtomicBoolean();
  private final Thread thread;
  private volatile boolean stopping;

  /**
   * @param raised run when the line was raised
   * @param quiet run when it was not raised for a while: perhaps something was missed
   * @param failed told why no interrupt will be noticed any more; not after {@link #stop()}
   */
  InterruptThread(
      String name, InterruptLine line, Runnable raised, Runnable quiet, Consumer<String> failed) {
    this.line = line;
    this.raised = raised;
    this.quiet = quiet;
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

  /** The quiet was looked into: the next one is to be told again. */
  void quietHandled() {
    quietTold.set(false);
  }

  private void run() {
    try {
      while (!stopping) {
        switch (line.await(PATIENCE)) {
          case CLOSED -> {
            return;
          }
          case RAISED -> tell(told, raised);
          case TIMEOUT -> tell(quietTold, quiet);
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

  private static void tell(AtomicBoolean pending, Runnable message) {
    if (pending.compareAndSet(false, true)) {
      message.run();
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
