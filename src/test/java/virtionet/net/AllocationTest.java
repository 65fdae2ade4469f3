package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the queues allocate once the JVM has compiled them, on a device that allocates nothing
 * itself. Until then there are objects which the compiler does away with.
 */
class AllocationTest {
  private static final Duration WARM_UP = Duration.ofSeconds(60);
  private static final int BURST = 64;
  private static final int BURSTS = 2_000;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final FrameBatch batch = FrameBatch.ofCapacity(BURST);

  @ParameterizedTest(name = "packed: {0}")
  @ValueSource(booleans = {false, true})
  void aBatchThatIsReceivedAndSentBackAllocatesNothing(boolean packed) {
    try (var device = new InstantNetDevice(packed, false)) {
      assertSettlesAtNothing(
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
  void aBatchThatIsReceivedAndReleasedAllocatesNothing(boolean packed) {
    var ring = new FrameRing(2 * BURST);
    try (var device = new InstantNetDevice(packed, false)) {
      assertSettlesAtNothing(
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

  private void assertSettlesAtNothing(Runnable burst) {
    assumeTrue(threads.isThreadAllocatedMemoryEnabled(), "this JVM does not count allocations");
    long deadline = System.nanoTime() + WARM_UP.toNanos();
    long allocated;
    do {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < BURSTS; i++) {
        burst.run();
      }
      allocated = threads.getCurrentThreadAllocatedBytes() - before;
      // The smallest object has 16 bytes: one for each burst would show, one of the loop's does
      // not.
    } while (allocated >= BURSTS && System.nanoTime() < deadline);
    assertEquals(0, allocated / BURSTS, "bytes for each burst of 64 frames");
  }
}
