package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.junit.jupiter.api.Test;
import virtionet.machine.DeviceMemory;
import virtionet.machine.ForwardingRegisters;
import virtionet.machine.Registers;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.virtio.Finding;
import virtionet.virtio.Probe;
import virtionet.virtio.StartListener;
import virtionet.virtio.VirtioException;

/** Rings that a device may still write to, although it was given no buffer yet. */
class WithdrawnRingsTest {
  private static final long LARGEST_QUEUE = 0x034;
  private static final long STATUS = 0x070;

  /** Has but one queue, and does not confirm the reset that follows. */
  private static final class Lying extends ForwardingRegisters {
    private int queues;

    private Lying(Registers registers) {
      super(registers);
    }

    @Override
    public int read32(long offset) {
      int truth = super.read32(offset);
      if (offset == LARGEST_QUEUE) {
        queues++;
        return queues < 2 ? truth : 0;
      }
      return offset == STATUS && truth == 0 && queues >= 2 ? 1 : truth;
    }
  }

  @Test
  void ringsThatWereWithdrawnBeforeThereWereBuffersGoBackWithALaterReset() {
    ModelMachine machine = ModelMachine.of(ModelSettings.modern());
    DeviceMemory memory = machine.memory();
    long all = memory.available();
    Registers registers = machine.access(machine.slots(Set.of("virtio,mmio")).getFirst());
    KeptState kept = new KeptState(true);
    assertThrows(VirtioException.class, () -> bringUp(new Lying(registers), memory, kept));
    assertTrue(memory.quarantined() > 0);
    assertEquals(0, kept.buffers().total());
    NetDevice device = bringUp(registers, memory, kept);
    assertEquals(0, memory.quarantined());
    assertEquals(1, device.counters().get(Counter.QUARANTINES_LIFTED));
    device.end();
    kept.end();
    assertEquals(all, memory.available());
  }

  private static NetDevice bringUp(Registers registers, DeviceMemory memory, KeptState kept) {
    Finding.Device found = assertInstanceOf(Finding.Device.class, Probe.probe(registers));
    return NetDevice.bringUp(
        registers,
        found,
        memory,
        TestDevice.netSettings(8),
        TestDevice.OWN_MAC,
        kept,
        StartListener.NONE);
  }
}
