package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;

/** A device in little memory: one is made for each input, and zeroing it would cost the most. */
final class SmallDevice implements AutoCloseable {
  private static final int QUEUE = 8;
  private static final int MEMORY = 1 << 19;

  private final TestDevice up;
  private final long memoryBefore;

  SmallDevice(ModelSettings settings, ReceivedFrames shape) {
    ModelMachine machine = ModelMachine.withMemory(MEMORY, settings);
    memoryBefore = machine.memory().available();
    NetSettings net = TestDevice.netSettings(QUEUE).with(shape);
    up = new TestDevice(machine, machine.device(0), TestDevice.bringUp(machine, net));
  }

  TestDevice up() {
    return up;
  }

  @Override
  public void close() {
    assertEquals(List.of(), up.model().violations());
    assertTrue(up.device().isConserved(), "buffers are missing");
    up.device().end();
    assertEquals(memoryBefore, up.machine().memory().available(), "memory is missing");
  }
}
