package virtionet.testing;

import java.time.Duration;
import virtionet.machine.InterruptLine;

/** An interrupt line that tells when it is closed, but for what a test overrides. */
public class DelegatingLine implements InterruptLine {
  private final InterruptLine line;
  private final Runnable closed;

  public DelegatingLine(InterruptLine line, Runnable closed) {
    this.line = line;
    this.closed = closed;
  }

  @Override
  public Wakeup await(Duration timeout) throws InterruptedException {
    return line.await(timeout);
  }

  @Override
  public void enable() {
    line.enable();
  }

  @Override
  public void close() {
    line.close();
    closed.run();
  }
}
