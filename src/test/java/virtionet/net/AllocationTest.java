package virtionet.net;

import java.lang.foreign.ValueLayout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.testing.Allocated;

/**
 * What the queues allocate once the JVM has compiled them, on a device that allocates nothing
 * itself. Until then there are objects which the compiler does away with.
 */
class AllocationTest {
  private static final int BURST = 64;

  private final FrameBatch batch = FrameBatch.ofCapacity(BURST);

  @ParameterizedTest(name = "packed: {0}")
  @ValueSource(booleans = {false, true})
  void aBatchThatIsReceivedAndSentBackAllocatesNothing(boolean packed) {
    try (var device = new InstantNetDevice(packed, false)) {
      Allocated.assertSettlesAtNothing(
          () -> {
            device.receiveFrames(BURST, 60);
            device.receiveQueue().receive(batch, BURST);
            device.transmitQueue().send(batch);
            device.transmitQueue().flush();
            device.transmitFrames();
            device.transmitQueue().reap();
            device.receiveQueue().refill();
          });
    }
  }

  @ParameterizedTest(name = "packed: {0}")
  @ValueSource(booleans = {false, true})
  void aBatchThatIsMadeAndSentAllocatesNothing(boolean packed) {
    try (var device = new InstantNetDevice(packed, false)) {
      Allocated.assertSettlesAtNothing(
          () -> {
            device.transmitQueue().allocate(batch, BURST, 60);
            for (int i = 0; i < batch.size(); i++) {
              batch.memory(i).set(ValueLayout.JAVA_BYTE, batch.offset(i), (byte) i);
            }
            device.transmitQueue().send(batch);
            device.transmitQueue().flush();
            device.transmitFrames();
            device.transmitQueue().reap();
          });
    }
  }

  @ParameterizedTest(name = "packed: {0}")
  @ValueSource(booleans = {false, true})
  void aBatchThatIsReceivedAndReleasedAllocatesNothing(boolean packed) {
    var ring = new FrameRing(2 * BURST);
    try (var device = new InstantNetDevice(packed, false)) {
      Allocated.assertSettlesAtNothing(
          () -> {
            device.receiveFrames(BURST, 1500);
            device.receiveQueue().receive(batch, BURST);
            ring.offer(batch);
            ring.poll(batch);
            batch.clear();
            device.receiveQueue().refill();
          });
    }
  }
}
