package virtionet.machine.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import virtionet.testing.RequiresQemu;

/** Frames outlive QEMU: whoever holds one when the driver stops may go on reading it. */
@RequiresQemu
class MemoryAfterCloseTest {

  @Test
  void memoryThatIsStillHeldCanBeReadAndWrittenAfterTheClose() {
    MemorySegment held;
    try (QemuMachine machine = QemuMachine.start(QemuOptions.of(QemuArchitecture.RISCV64))) {
      held = machine.memory().allocate(4096, 4096).segment();
      held.set(ValueLayout.JAVA_INT, 0, 0x5eed);
    }
    assertEquals(0x5eed, held.get(ValueLayout.JAVA_INT, 0));
    held.set(ValueLayout.JAVA_INT, 4, 1);
    assertEquals(1, held.get(ValueLayout.JAVA_INT, 4));
  }
}
