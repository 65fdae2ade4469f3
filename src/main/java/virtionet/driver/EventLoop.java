package virtionet.driver;

import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jctools.queues.varhandle.MpscUnboundedVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * One thread that runs the tasks of actors and, when there is none, waits for the interrupt lines
 * of their devices. From a device's line to the stream that takes its frames, and back, no thread
 * has to wake another one; each of these would cost more than all that is done for a frame.
 *
 * <p>Tasks are given by any thread. They must not wait for one another.
 */
final class EventLoop extends AbstractExecutorService {
  /** After how long a line counts as quiet. */
  private static final Duration QUIET = Duration.ofSeconds(1);

  /** Tasks between two looks at the lines: these are heard also when it never runs out of tasks. */
  private static final int TASKS_BETWEEN_LOOKS = 64;

  /** The same while it polls: its turns are short then, and the tasks of each are few. */
  private static final long NANOS_BETWEEN_LOOKS = 100_000;

  private static final int CHUNK = 256;

  private static final ThreadLocal<@Nullable EventLoop> CURRENT = new ThreadLocal<>();

  private final MpscUnboundedVarHandleArrayQueue<Runnable> tasks =
      new MpscUnboundedVarHandleArrayQueue<>(CHUNK);
  private final AtomicBoolean asleep = new AtomicBoolean();

  /** For its thread alone. */
  private final List<Poller> pollers = new ArrayList<>();

  private long lookedAt = System.nanoTime();

  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread thread;
  private final LoopLines lines;
  private volatile boolean shutdown;

  /** Somebody who has things to look at before the loop waits; all on the loop's thread. */
  interface Poller {
    /** Looks, and gives the loop a task when there is work; whether it would look again. */
    boolean look(long now);

    /** The loop is about to wait: what is to wake it has to be asked for. */
    void rest();
  }

  EventLoop(ThreadFactory threads) {
    thread = threads.newThread(this::run);
    lines = new LoopLines(thread, QUIET);
    thread.start();
  }

  /** The lines of the loop whose thread this is; {@code null} on any other thread. */
  static @Nullable LoopLines currentLines() {
    EventLoop loop = CURRENT.get();
    return loop == null ? null : loop.lines;
  }

  /** Has the loop whose thread this is ask that one before it waits; false on any other thread. */
  static boolean addPoller(Poller poller) {
    EventLoop loop = CURRENT.get();
    return loop != null && loop.pollers.add(poller);
  }

  static void removePoller(Poller poller) {
    EventLoop loop = CURRENT.get();
    if (loop != null) {
      loop.pollers.remove(poller);
    }
  }

  @Override
  public void execute(Runnable task) {
    if (shutdown) {
      throw new RejectedExecutionException("the event loop was shut down");
    }
    tasks.offer(task);
    if (Thread.currentThread() != thread) {
      wake();
    }
  }

  /** The mirror of {@link #rest()}: of the two looks, one sees the other's write. */
  private void wake() {
    VarHandle.fullFence();
    if (asleep.get() && asleep.compareAndSet(true, false)) {
      lines.wakeup();
    }
  }

  private void run() {
    CURRENT.set(this);
    try {
      while (!shutdown || !tasks.isEmpty()) {
        if (runTasks()) {
          lines.look();
        } else {
          rest();
        }
      }
    } finally {
      lines.close();
      CURRENT.remove();
      ended.countDown();
    }
  }

  /** Whether there are more. */
  private boolean runTasks() {
    for (int i = 0; i < TASKS_BETWEEN_LOOKS; i++) {
      Runnable task = tasks.poll();
      if (task == null) {
        return false;
      }
      run(task);
    }
    return true;
  }

  private static void run(Runnable task) {
    try {
      task.run();
    } catch (Throwable e) {
      // The loop serves others too. The handler is Akka's, which ends the system for what is fatal.
      Thread self = Thread.currentThread();
      self.getUncaughtExceptionHandler().uncaughtException(self, e);
    }
  }

  private void rest() {
    if (!pollers.isEmpty() && poll()) {
      return;
    }
    asleep.set(true);
    VarHandle.fullFence();
    if (tasks.isEmpty() && !shutdown) {
      lines.await();
    }
    asleep.set(false);
  }

  /** Whether there are tasks now. */
  private boolean poll() {
    boolean again;
    do {
      again = false;
      long now = System.nanoTime();
      if (now - lookedAt >= NANOS_BETWEEN_LOOKS) {
        lookedAt = now;
        lines.look();
      }
      for (int i = 0; i < pollers.size(); i++) {
        again |= pollers.get(i).look(now);
      }
      if (!tasks.isEmpty() || shutdown) {
        return true;
      }
      Thread.onSpinWait();
    } while (again);
    for (int i = 0; i < pollers.size(); i++) {
      pollers.get(i).rest();
    }
    return !tasks.isEmpty();
  }

  @Override
  public void shutdown() {
    shutdown = true;
    wake();
  }

  @Override
  public List<Runnable> shutdownNow() {
    shutdown();
    // The thread takes what is left, as after shutdown: dropping it would leave actors half
    // stopped.
    return new ArrayList<>();
  }

  @Override
  public boolean isShutdown() {
    return shutdown;
  }

  @Override
  public boolean isTerminated() {
    return ended.getCount() == 0;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    return ended.await(timeout, unit);
  }
}
