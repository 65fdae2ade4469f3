package virtionet.cli;

import java.time.Duration;
import java.util.function.LongSupplier;

/** How far a long job is: a bar on a terminal, now and then a plain line elsewhere. */
final class Progress {
  private static final int BAR_WIDTH = 30;
  private static final long BAR_INTERVAL = Duration.ofMillis(100).toNanos();
  private static final long LINE_INTERVAL = Duration.ofSeconds(2).toNanos();

  private final Screen screen;
  private final String what;
  private final long total;
  private final LongSupplier clock;
  private long lastShown;

  Progress(Screen screen, String what, long total) {
    this(screen, what, total, System::nanoTime);
  }

  /**
   * @param clock of nanoseconds
   */
  Progress(Screen screen, String what, long total, LongSupplier clock) {
    this.clock = clock;
    lastShown = clock.getAsLong();
    this.screen = screen;
    this.what = what;
    this.total = total;
  }

  /** Shows the state if the last showing is long enough ago. */
  void update(long done) {
    long now = clock.getAsLong();
    if (now - lastShown < (screen.isTerminal() ? BAR_INTERVAL : LINE_INTERVAL)) {
      return;
    }
    lastShown = now;
    long percent = 100 * done / total;
    if (screen.isTerminal()) {
      int filled = (int) (BAR_WIDTH * done / total);
      screen.moving(
          "  [%s%s] %3d %%  %,d of %,d %s"
              .formatted(
                  "#".repeat(filled), "-".repeat(BAR_WIDTH - filled), percent, done, total, what));
    } else {
      screen.line("  %3d %%  %,d of %,d %s", percent, done, total, what);
    }
  }

  /** Takes the bar away. */
  void end() {
    if (screen.isTerminal()) {
      screen.settle();
    }
  }
}
