package virtionet.driver;

import org.jspecify.annotations.Nullable;
import virtionet.machine.InterruptLine;
import virtionet.machine.LineSelector;

/** Watches a line on an event loop's thread; all is for that thread. */
final class LoopLineWatch implements LineWatch, LineSelector.Listener {
  private final LoopLines loop;
  private final InterruptLine line;
  private final Listener listener;
  private long lastNews = System.nanoTime();

  private LoopLineWatch(LoopLines loop, InterruptLine line, Listener listener) {
    this.loop = loop;
    this.line = line;
    this.listener = listener;
  }

  /** Watches it from now on; {@code null} when this loop cannot. */
  static @Nullable LoopLineWatch on(LoopLines loop, InterruptLine line, Listener listener) {
    var watch = new LoopLineWatch(loop, line, listener);
    if (!loop.add(line, watch)) {
      return null;
    }
    line.enable();
    return watch;
  }

  @Override
  public void raised() {
    lastNews = System.nanoTime();
    listener.raised().run();
  }

  @Override
  public void failed(String reason) {
    listener.failed().accept("its interrupt line cannot be waited for: " + reason);
  }

  /** Tells it when nothing came for that long since the last news. */
  void tellQuiet(long now, long quietNanos) {
    if (now - lastNews >= quietNanos) {
      lastNews = now;
      listener.quiet().run();
    }
  }

  /** A raised line stays silent until it is enabled. */
  @Override
  public void handled() {}

  /** Told once in a while only. */
  @Override
  public void quietHandled() {}

  @Override
  public void stop() {
    loop.remove(line, this);
    line.close();
  }
}
