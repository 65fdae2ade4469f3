package virtionet.cli.bench.dpdk;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What is to be undone, the last first: at the close, or when the process is told to end. What is
 * undone then is not to be measured any further.
 */
final class Cleanup implements AutoCloseable {
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final Thread hook = new Thread(this::undo, "bench-cleanup");
  private boolean over;

  Cleanup() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Keeps something for the end; at once, if that has come. */
  synchronized <T extends AutoCloseable> T keep(T what) {
    if (over) {
      close(what);
      throw new BenchException("interrupted");
    }
    open.push(what);
    return what;
  }

  /** Closes something before the end. */
  void close(AutoCloseable what) {
    synchronized (this) {
      open.remove(what);
    }
    try {
      what.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      throw new BenchException("cannot undo %s: %s".formatted(what, e.getMessage()), e);
    }
  }

  /** Whether the process was told to end: what goes wrong now is no news. */
  synchronized boolean isOver() {
    return over;
  }

  private void undo() {
    while (true) {
      AutoCloseable next;
      synchronized (this) {
        over = true;
        next = open.peek();
      }
      if (next == null) {
        return;
      }
      try {
        close(next);
      } catch (BenchException e) {
        // The others are to be undone all the same.
        System.err.println("virtionet: " + e.getMessage());
      }
    }
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process ends: the hook does it, or has done it.
      return;
    }
    undo();
  }
}
