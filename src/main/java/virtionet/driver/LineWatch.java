package virtionet.driver;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import virtionet.machine.InterruptLine;

/** Somebody who waits for a device's interrupt line and tells its owner. */
sealed interface LineWatch permits InterruptThread, LoopLineWatch {

  /** What the owner wants to be told; each on whatever thread. */
  record Listener(Runnable raised, Runnable quiet, Consumer<String> failed) {}

  /**
   * Enables the line and waits for it: on the thread of the calling actor's event loop, or else on
   * one made for it.
   */
  static LineWatch start(String name, InterruptLine line, Listener listener) {
    LoopLines loop = EventLoop.currentLines();
    @Nullable LoopLineWatch watch = loop == null ? null : LoopLineWatch.on(loop, line, listener);
    if (watch != null) {
      return watch;
    }
    var thread = new InterruptThread(name, line, listener);
    thread.start();
    return thread;
  }

  /** What was told is being handled: the next raise is to be told again. */
  void handled();

  /** The quiet was looked into: the next one is to be told again. */
  void quietHandled();

  /** Closes the line. Returns when nobody waits for it any more. */
  void stop();
}
