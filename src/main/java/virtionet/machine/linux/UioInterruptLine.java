package virtionet.machine.linux;

import virtionet.machine.libc.DescriptorLine;
import virtionet.machine.libc.Libc;

/**
 * A device's interrupts as UIO tells them: a read gives how many there were, and the line stays
 * masked from each one until a 1 is written.
 *
 * <p>Nothing is lost between acknowledging and unmasking, whatever the line's kind. A level that is
 * still high when the mask is lifted interrupts at once. An edge that came while the line was
 * masked is kept by the interrupt controller. What the device did after it was acknowledged, and
 * before the queues are looked at, is seen by that look, which comes last.
 */
final class UioInterruptLine extends DescriptorLine {
  private static final int UNMASK = 1;

  private final String file;
  private final int descriptor;

  UioInterruptLine(String file, int descriptor) {
    super(descriptor);
    this.file = file;
    this.descriptor = descriptor;
  }

  @Override
  protected void take() {
    Libc.readInt(descriptor, file);
  }

  @Override
  protected void unmask(boolean raised) {
    Libc.writeInt(descriptor, UNMASK, file);
  }
}
