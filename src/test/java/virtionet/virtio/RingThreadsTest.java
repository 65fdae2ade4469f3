package virtionet.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.testing.DeviceSideRing;
import virtionet.testing.Requirement;

/**
 * Driver and device on a thread each, both of which sleep when there is nothing to do and rely on
 * the other to wake them: one missing fence, and both sleep for ever.
 */
class RingThreadsTest {
  private static final int BUFFERS = 200_000;

  /** Where each sleep costs a busy machine some milliseconds, fewer must do. */
  private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(20);

  static Stream<Arguments> rings() {
    return Stream.of(
            new RingFeatures(false, false, false, false, false),
            new RingFeatures(false, true, false, false, false),
            new RingFeatures(true, false, false, false, false),
            new RingFeatures(true, true, false, false, false),
            new RingFeatures(true, true, true, true, false))
        .flatMap(kind -> IntStream.of(2, 8, 256).mapToObj(size -> Arguments.of(kind, size)));
  }

  @ParameterizedTest
  @MethodSource("rings")
  @Requirement({
    "SPLIT-DRV-26",
    "SPLIT-DRV-27",
    "SPLIT-IMP-10",
    "SPLIT-IMP-11",
    "PACKED-DRV-11",
    "PACKED-DRV-16",
    "PACKED-DRV-17",
    "PACKED-IMP-13"
  })
  void neitherSideEverSleepsThroughTheOthersNewsOrReadsStaleOnes(RingFeatures kind, int size) {
    RingFixture ring = RingFixture.of(kind, size, 0xfff0);
    var doorbell = new Semaphore(0);
    var line = new Semaphore(0);
    var all = new AtomicInteger(BUFFERS);
    assertTimeoutPreemptively(
        Duration.ofMinutes(2),
        () -> {
          CompletableFuture<Void> device =
              CompletableFuture.runAsync(() -> runDevice(ring.device(), all, doorbell, line));
          runDriver(ring, all, doorbell, line);
          device.join();
        });
  }

  private static void runDriver(
      RingFixture ring, AtomicInteger all, Semaphore doorbell, Semaphore line)
      throws InterruptedException {
    long start = System.nanoTime();
    Virtqueue queue = ring.driver();
    var chain = new DescriptorChain();
    int added = 0;
    int back = 0;
    while (back < all.get()) {
      while (added < all.get() && queue.add(numbered(chain, ring, added), added)) {
        added++;
      }
      if (System.nanoTime() - start > MOST_NANOS) {
        all.set(added);
      }
      if (queue.publish()) {
        doorbell.release();
      }
      int before = back;
      for (int token = queue.poll(); token != Virtqueue.NONE; token = queue.poll()) {
        // This device keeps the order.
        assertEquals(back, token);
        assertEquals(canary(back++), queue.usedLength());
      }
      if (back == before && !queue.enableInterrupts(1)) {
        line.acquire();
        queue.disableInterrupts();
      }
    }
    // It may have gone to sleep while it did not know that this was all.
    doorbell.release();
  }

  /** One or two pieces whose lengths tell the number, so that a stale one is seen. */
  private static DescriptorChain numbered(DescriptorChain chain, RingFixture ring, int number) {
    chain.clear().writable(ring.buffers(), canary(number));
    return number % 2 == 0 ? chain : chain.writable(ring.buffers() + 64, canary(number));
  }

  private static int canary(int number) {
    return 1 + number % 61;
  }

  private static void runDevice(
      DeviceSideRing ring, AtomicInteger all, Semaphore doorbell, Semaphore line) {
    int used = 0;
    while (used < all.get()) {
      while (ring.waiting() > 0) {
        DeviceSideRing.Chain chain = ring.take().orElseThrow();
        assertEquals(1 + used % 2, chain.pieces().size());
        for (DeviceSideRing.Piece piece : chain.pieces()) {
          assertEquals(canary(used), piece.bytes().byteSize());
        }
        ring.use(chain.head(), canary(used));
        used++;
      }
      if (ring.wantsInterrupt()) {
        line.release();
      }
      if (used < all.get() && !ring.enableNotifications()) {
        doorbell.acquireUninterruptibly();
        ring.disableNotifications();
      }
    }
  }
}
