package virtionet.machine.vhost;

import java.util.concurrent.atomic.AtomicBoolean;
import virtionet.machine.libc.DescriptorLine;
import virtionet.machine.libc.EventFd;

/** A back-end's interrupts: it writes to an eventfd, which all of its queues share. */
final class CallLine extends DescriptorLine {
  private final int eventfd;
  private final AtomicBoolean pending;

  /**
   * @param pending set with each raise, for whoever asks why
   */
  CallLine(int eventfd, AtomicBoolean pending) {
    super(eventfd);
    this.eventfd = eventfd;
    this.pending = pending;
  }

  @Override
  protected void take() {
    pending.set(true);
    EventFd.drain(eventfd);
  }

  /** An eventfd is never masked: what came since the last look makes it readable again. */
  @Override
  protected void unmask() {}
}
