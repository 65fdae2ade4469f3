package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import virtionet.machine.DeviceMemory;
import virtionet.machine.ForwardingRegisters;
import virtionet.machine.InterruptLine;
import virtionet.machine.Machine;
import virtionet.machine.Registers;
import virtionet.machine.Slot;
import virtionet.machine.qemu.QemuMachine;

/** A QEMU machine at whose close the devices are looked at: memory is unmapped only then. */
final class WatchedMachine implements Machine {
  private static final Set<String> COMPATIBLE = Set.of("virtio,mmio");
  private static final long QUEUE_SEL = 0x030;
  private static final long STATUS = 0x070;
  private static final long QUEUE_DRIVER_LOW = 0x090;

  private final QemuMachine machine;
  private final long memory;
  private final Map<Integer, Long> availableRings = new ConcurrentHashMap<>();
  private volatile boolean closed;
  private volatile long memoryAtClose;
  private final Map<String, Integer> statusAtClose = new TreeMap<>();

  WatchedMachine(QemuMachine machine) {
    this.machine = machine;
    memory = machine.memory().available();
  }

  /** What stands in a slot's Status register. */
  int status(Slot slot) {
    return machine.access(slot).read32(STATUS);
  }

  /** Checks that no device was in use any more at the close. */
  void assertReset() {
    assertTrue(closed, "the machine was closed");
    statusAtClose.forEach((slot, status) -> assertEquals(0, status, () -> slot + "'s status"));
  }

  /** Checks that all memory was given back at the close. */
  void assertMemoryGivenBack() {
    assertEquals(memory, memoryAtClose, "memory that was given back");
  }

  @Override
  public void close() {
    if (!closed && !machine.lost().toCompletableFuture().isDone()) {
      for (Slot slot : slots(COMPATIBLE)) {
        statusAtClose.put(slot.name(), status(slot));
      }
      memoryAtClose = memory().available();
    }
    closed = true;
    machine.close();
  }

  @Override
  public String description() {
    return machine.description();
  }

  @Override
  public List<Slot> slots(Set<String> compatible) {
    return machine.slots(compatible);
  }

  /** Where the driver has put the available ring of a queue of its modern device. */
  long availableRing(int queue) {
    return Objects.requireNonNull(availableRings.get(queue));
  }

  /** Hears where the rings are. */
  @Override
  public Registers access(Slot slot) {
    Registers device = machine.access(slot);
    return new ForwardingRegisters(device) {
      private int queue;

      @Override
      public void post32(long offset, int value) {
        device.post32(offset, value);
      }

      @Override
      public void write32(long offset, int value) {
        if (offset == QUEUE_SEL) {
          queue = value;
        } else if (offset == QUEUE_DRIVER_LOW) {
          availableRings.put(queue, Integer.toUnsignedLong(value));
        }
        super.write32(offset, value);
      }
    };
  }

  @Override
  public DeviceMemory memory() {
    return machine.memory();
  }

  @Override
  public InterruptLine interruptLine(Slot slot) {
    return machine.interruptLine(slot);
  }

  @Override
  public CompletionStage<String> lost() {
    return machine.lost();
  }
}
