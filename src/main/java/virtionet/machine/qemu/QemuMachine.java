package virtionet.machine.qemu;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.devicetree.DeviceTree;
import virtionet.machine.ContiguousMemory;
import virtionet.machine.DeviceMemory;
import virtionet.machine.DeviceTreeSlots;
import virtionet.machine.InterruptLine;
import virtionet.machine.Machine;
import virtionet.machine.MachineException;
import virtionet.machine.MachineUnavailableException;
import virtionet.machine.Registers;
import virtionet.machine.Slot;

/**
 * A {@code virt} machine of a QEMU process of its own, without a guest system: registers through
 * QEMU's {@code qtest} socket, device memory in the machine's RAM, which is a file mapped here too,
 * and interrupts as the lines that the socket tells of. Needs no root.
 */
public final class QemuMachine implements Machine {
  private static final Logger LOG = LoggerFactory.getLogger(QemuMachine.class);

  /** Below it lie QEMU's own things: the device tree of an Arm machine, the idle loop. */
  private static final long DEVICE_MEMORY_OFFSET = 16L << 20;

  private static final Duration QUIT_PATIENCE = Duration.ofSeconds(5);

  private final QemuStart qemu;
  private final QemuArchitecture architecture;
  private final DeviceMemory memory;
  private boolean closed;

  private QemuMachine(QemuStart qemu) {
    this.qemu = qemu;
    architecture = qemu.options().architecture();
    MemorySegment ram = map(qemu.workspace().memory());
    memory =
        new ContiguousMemory(
            ram.asSlice(DEVICE_MEMORY_OFFSET), architecture.ramBase() + DEVICE_MEMORY_OFFSET);
  }

  /** Stays mapped as long as anybody holds a frame of it: QEMU is dead by then. */
  private static MemorySegment map(Path file) {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return channel.map(FileChannel.MapMode.READ_WRITE, 0, channel.size(), Arena.ofAuto());
    } catch (IOException e) {
      throw new MachineException("QEMU's memory cannot be mapped: " + file, e);
    }
  }

  /**
   * Starts QEMU.
   *
   * @throws MachineUnavailableException when there is no QEMU that serves
   * @throws MachineException when QEMU refuses the options, with QEMU's own words
   */
  public static QemuMachine start(QemuOptions options) {
    QemuStart qemu = QemuStart.run(options);
    try {
      return new QemuMachine(qemu);
    } catch (MachineException e) {
      qemu.undo();
      throw e;
    }
  }

  @Override
  public String description() {
    return "QEMU %s %s virt".formatted(qemu.binary().version(), architecture);
  }

  @Override
  public List<Slot> slots(Set<String> compatible) {
    qemu.loss().throwIfLost();
    return DeviceTreeSlots.find(qemu.deviceTree(), compatible, architecture.coherentUnlessSaid());
  }

  /** The machine's device tree. */
  public DeviceTree deviceTree() {
    return qemu.deviceTree();
  }

  @Override
  public Registers access(Slot slot) {
    qemu.loss().throwIfLost();
    return new QtestRegisters(qemu.qtest(), slot.address(), slot.size());
  }

  @Override
  public DeviceMemory memory() {
    qemu.loss().throwIfLost();
    return memory;
  }

  @Override
  public InterruptLine interruptLine(Slot slot) {
    qemu.loss().throwIfLost();
    return qemu.qtest()
        .line(
            slot.interrupt()
                .orElseThrow(
                    () -> new MachineException(slot + " has no interrupt in the device tree")));
  }

  @Override
  public CompletionStage<String> lost() {
    return qemu.loss().stage();
  }

  /**
   * Executes a command of QEMU's machine protocol, such as {@code set_link}.
   *
   * @throws MachineException when QEMU refuses it
   */
  public void execute(String command, Map<String, ?> arguments) {
    qemu.qmp().execute(command, arguments);
  }

  /** QEMU's process id. */
  public long pid() {
    return qemu.keeper().qemuPid();
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      if (!qemu.loss().expectEnd()) {
        // Asked to, QEMU finishes what it writes, such as packet captures.
        qemu.qmp().execute("quit", Map.of());
        qemu.keeper().awaitEnd(QUIT_PATIENCE);
      }
    } catch (MachineException e) {
      LOG.warn("QEMU is killed, since it does not quit: {}", e.getMessage());
    } finally {
      qemu.undo();
    }
  }

  @Override
  public String toString() {
    return "%s, process %d".formatted(description(), pid());
  }
}
