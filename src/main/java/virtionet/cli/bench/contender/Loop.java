package virtionet.cli.bench.contender;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** A load that is one busy loop on one thread. */
abstract class Loop implements Load {
  private static final Duration END = Duration.ofSeconds(10);

  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile boolean goesOn = true;
  private volatile String failure = "";
  private final Thread thread = Thread.ofPlatform().name("load").daemon().unstarted(this::loop);

  private void loop() {
    try {
      run();
    } catch (RuntimeException | Error e) {
      failure = String.valueOf(e);
      throw e;
    }
  }

  /** Moves frames as long as {@link #goesOn()}. */
  abstract void run();

  /** Gives back what it has; the loop has ended. */
  abstract void end();

  final boolean goesOn() {
    return goesOn;
  }

  @Override
  public final void start() {
    thread.start();
  }

  @Override
  public final String failure() {
    return failure;
  }

  @Override
  public final void close() {
    if (!ended.compareAndSet(false, true)) {
      return;
    }
    goesOn = false;
    try {
      if (!thread.join(END)) {
        throw new IllegalStateException("the loop does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    end();
  }
}
