package virtionet.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtionet.testing.DeviceSideRing;

/**
 * Driver and device on a thread each, both of which sleep when there is nothing to do and rely on
 * the other to wake them: one missing fence, and both sleep for ever.
 */
class RingThreadsTest {
  private static final int BUFFERS = 200_000;

  @ParameterizedTest
  @CsvSource({"false, 2", "true, 2", "false, 8", "true, 8", "true, 256"})
  void neitherSideEverSleepsThroughTheOthersNews(boolean eventIndex, int size) {
    RingFixture ring = RingFixture.of(size, eventIndex, 0xfff0);
    var doorbell = new Semaphore(0);
    var line = new Semaphore(0);
    assertTimeoutPreemptively(
        Duration.ofMinutes(2),
        () -> {
          CompletableFuture<Void> device =
              CompletableFuture.runAsync(() -> runDevice(ring.device(), doorbell, line));
          runDriver(ring, doorbell, line);
          device.join();
        });
  }

  private static void runDriver(RingFixture ring, Semaphore doorbell, Semaphore line)
      throws InterruptedException {
    SplitVirtqueue queue = ring.driver();
    DescriptorChain chain = ring.chain(1);
    int added = 0;
    int back = 0;
    while (back < BUFFERS) {
      while (added < BUFFERS && queue.add(chain, added)) {
        added++;
      }
      if (queue.publish()) {
        doorbell.release();
      }
      int before = back;
      for (int token = queue.poll(); token != Virtqueue.NONE; token = queue.poll()) {
        // This device keeps the order.
        assertEquals(back++, token);
      }
      if (back == before && !queue.enableInterrupts(1)) {
        line.acquire();
        queue.disableInterrupts();
      }
    }
  }

  private static void runDevice(DeviceSideRing ring, Semaphore doorbell, Semaphore line) {
    int used = 0;
    while (used < BUFFERS) {
      while (ring.waiting() > 0) {
        ring.use(ring.take().orElseThrow().head(), 1);
        used++;
      }
      if (ring.wantsInterrupt()) {
        line.release();
      }
      if (used < BUFFERS && !ring.enableNotifications()) {
        doorbell.acquireUninterruptibly();
        ring.disableNotifications();
      }
    }
  }
}
