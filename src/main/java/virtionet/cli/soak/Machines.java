package virtionet.cli.soak;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import virtionet.machine.Machine;
import virtionet.machine.qemu.QemuOptions;

/** The machines that the driver has opened, one after the other. Any thread. */
final class Machines {
  private final QemuOptions options;

  /** Those whose memory is not all given back; the last is in use. */
  private final List<BreakableMachine> opened = new CopyOnWriteArrayList<>();

  Machines(QemuOptions options) {
    this.options = options;
  }

  Machine open() {
    BreakableMachine machine = BreakableMachine.start(options);
    opened.add(machine);
    return machine;
  }

  BreakableMachine present() {
    return opened.getLast();
  }

  /** Bytes of device memory that the driver holds of machines that are gone. */
  long heldOfFormer() {
    List<BreakableMachine> former = opened.subList(0, opened.size() - 1);
    long held = former.stream().mapToLong(BreakableMachine::memoryInUse).sum();
    // Else each of them would stay mapped.
    opened.removeIf(machine -> machine != present() && machine.memoryInUse() == 0);
    return held;
  }
}
