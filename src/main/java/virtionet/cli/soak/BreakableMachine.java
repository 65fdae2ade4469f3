package virtionet.cli.soak;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import virtionet.machine.DeviceMemory;
import virtionet.machine.InterruptLine;
import virtionet.machine.Machine;
import virtionet.machine.MachineException;
import virtionet.machine.Registers;
import virtionet.machine.Slot;
import virtionet.machine.qemu.QemuMachine;
import virtionet.machine.qemu.QemuOptions;

/**
 * A machine of QEMU with one modern network card, and the means to break it while the driver uses
 * it. Any thread.
 */
public final class BreakableMachine implements Machine {
  private static final int RECEIVE = 0;
  private static final int TRANSMIT = 1;

  private final QemuMachine machine;
  private final KnownMemory memory;
  private final AtomicBoolean doorbellFails = new AtomicBoolean();
  private volatile boolean usedIndexLies;

  /** Of all slots; the driver says of one only where its queues are. */
  private final List<Rings> slots = new CopyOnWriteArrayList<>();

  private BreakableMachine(QemuMachine machine) {
    this.machine = machine;
    memory = new KnownMemory(machine.memory());
  }

  /** Starts QEMU; as {@link QemuMachine#start}. */
  public static BreakableMachine start(QemuOptions options) {
    return new BreakableMachine(QemuMachine.start(options));
  }

  // What breaks it.

  /**
   * Puts a descriptor loop into the transmit queue, at which QEMU sets DEVICE_NEEDS_RESET. The
   * driver may overwrite it before QEMU looks: see whether it was noticed.
   */
  public void loopDescriptors() {
    Rings heard = heard();
    heard.ring(TRANSMIT, memory).ifPresent(Ring::loopDescriptors);
    heard.notifyOf(TRANSMIT);
  }

  /** From now on each interrupt finds the used index of both queues spoilt, or none does. */
  void lieAboutUsedIndex(boolean lies) {
    usedIndexLies = lies;
  }

  /** At the next doorbell of the transmit queue its owner fails, with an exception of no type. */
  void failAtDoorbell() {
    doorbellFails.set(true);
  }

  /** Resets all of the machine. */
  void reset() {
    machine.execute("system_reset", Map.of());
  }

  /** Takes the link down or up. */
  void link(boolean up) {
    machine.execute("set_link", Map.of("name", "net0", "up", up));
  }

  /** Ends QEMU without a word. */
  void kill() {
    ProcessHandle.of(machine.pid()).ifPresent(ProcessHandle::destroyForcibly);
  }

  /** Stops QEMU's process. */
  void freeze() throws InterruptedException {
    signal("-STOP");
  }

  /** Lets it go on. */
  void thaw() throws InterruptedException {
    signal("-CONT");
  }

  private void signal(String signal) throws InterruptedException {
    try {
      new ProcessBuilder("kill", signal, Long.toString(machine.pid())).start().waitFor();
    } catch (IOException e) {
      throw new MachineException("QEMU cannot be sent " + signal, e);
    }
  }

  private Rings heard() {
    return slots.stream()
        .filter(Rings::areInUse)
        .findFirst()
        .orElseThrow(() -> new MachineException("the driver has no device on it yet"));
  }

  private void spoilUsedIndexes() {
    Rings heard = heard();
    for (int queue : List.of(RECEIVE, TRANSMIT)) {
      heard.ring(queue, memory).ifPresent(Ring::corruptUsedIndex);
    }
  }

  // Its memory.

  /** Bytes of device memory that the driver has at present. */
  long memoryInUse() {
    return memory.inUse();
  }

  // The machine.

  @Override
  public String description() {
    return machine.description();
  }

  @Override
  public List<Slot> slots(Set<String> compatible) {
    return machine.slots(compatible);
  }

  @Override
  public Registers access(Slot slot) {
    var opened = new Rings(machine.access(slot), () -> doorbellFails.compareAndSet(true, false));
    slots.add(opened);
    return opened;
  }

  @Override
  public DeviceMemory memory() {
    // Throws when the machine is lost.
    machine.memory();
    return memory;
  }

  @Override
  public InterruptLine interruptLine(Slot slot) {
    InterruptLine line = machine.interruptLine(slot);
    return new InterruptLine() {
      @Override
      public Wakeup await(Duration timeout) throws InterruptedException {
        Wakeup wakeup = line.await(timeout);
        if (usedIndexLies && wakeup == Wakeup.RAISED) {
          spoilUsedIndexes();
        }
        return wakeup;
      }

      @Override
      public void enable() {
        line.enable();
      }

      @Override
      public void close() {
        line.close();
      }
    };
  }

  @Override
  public CompletionStage<String> lost() {
    return machine.lost();
  }

  @Override
  public void close() {
    machine.close();
  }
}
