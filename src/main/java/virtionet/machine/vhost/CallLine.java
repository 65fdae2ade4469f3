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
  }

  /** What has come until now is told; an eventfd stays readable until it is read. */
  @Override
  protected void unmask(boolean raised) {
    if (raised) {
      EventFd.drain(eventfd);
    }
  }
}
