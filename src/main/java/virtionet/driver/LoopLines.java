package virtionet.driver;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import virtionet.machine.InterruptLine;
import virtionet.machine.LineSelector;

/**
 * The interrupt lines that an {@link EventLoop} waits for: of one kind, the first one's. All is for
 * the loop's thread, but {@link #wakeup()}.
 */
final class LoopLines {
  private final Thread thread;
  private final long quietNanos;
  private final List<LoopLineWatch> watches = new ArrayList<>();

  /** Written when the thread is awake: who sees it asleep sees the selector that it sleeps in. */
  private volatile @Nullable LineSelector selector;

  /**
   * @param quiet after how long without an interrupt a line's watch is told so
   */
  LoopLines(Thread thread, Duration quiet) {
    this.thread = thread;
    quietNanos = quiet.toNanos();
  }

  /**
   * Waits for this line too.
   *
   * @return false when its kind can only be waited for in a thread of its own, or another kind is
   *     waited for here
   */
  boolean add(InterruptLine line, LoopLineWatch watch) {
    LineSelector current = selector;
    if (current == null) {
      current = line.openSelector().orElse(null);
    }
    if (current == null) {
      return false;
    }
    selector = current;
    if (!current.add(line, watch)) {
      return false;
    }
    watches.add(watch);
    return true;
  }

  void remove(InterruptLine line, LoopLineWatch watch) {
    watches.remove(watch);
    LineSelector current = selector;
    if (current != null) {
      current.remove(line);
    }
  }

  /** Looks at the lines without waiting. */
  void look() {
    LineSelector current = selector;
    if (current != null) {
      current.select(Duration.ZERO);
      tellQuiet();
    }
  }

  /** Waits until a line is raised, {@link #wakeup()} was called, or a line may count as quiet. */
  void await() {
    LineSelector current = selector;
    if (current != null) {
      current.select(Duration.ofNanos(quietNanos));
      tellQuiet();
    } else {
      LockSupport.parkNanos(this, quietNanos);
    }
  }

  private void tellQuiet() {
    long now = System.nanoTime();
    for (LoopLineWatch watch : watches) {
      watch.tellQuiet(now, quietNanos);
    }
  }

  void wakeup() {
    LineSelector current = selector;
    if (current != null) {
      current.wakeup();
    } else {
      LockSupport.unpark(thread);
    }
  }

  void close() {
    LineSelector current = selector;
    if (current != null) {
      current.close();
    }
  }
}
