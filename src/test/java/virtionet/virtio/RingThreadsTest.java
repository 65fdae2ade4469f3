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
        .flatMap(
            kind ->
                IntStream.of(2, 8, 256)
                    .boxed()
                    .flatMap(
                        size ->
                            Stream.of(false, true).map(many -> Arguments.of(kind, size, many))));
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
  void neitherSideEverSleepsThroughTheOthersNewsOrReadsStaleOnes(
      RingFeatures kind, int size, boolean many) {
    RingFixture ring = RingFixture.of(kind, size, 0xfff0);
    var doorbell = new Semaphore(0);
    var line = new Semaphore(0);
    var all = new AtomicInteger(BUFFERS);
    assertTimeoutPreemptively(
        Duration.ofMinutes(2),
        () -> {
          CompletableFuture<Void> device =
              CompletableFuture.runAsync(() -> runDevice(ring.device(), all, many, doorbell, line));
          var side = many ? new Many(ring) : new OneByOne(ring);
          runDriver(ring.driver(), side, all, doorbell, line);
          device.join();
        });
  }

  /** How the driver puts buffers in and takes them out; this device keeps the order. */
  private interface Side {
    /** Adds what there is room for; the number of the next. */
    int add(int from, int all);

    /** Takes what has come back; the number of the next. */
    int take(int from);
  }

  private record OneByOne(RingFixture ring, DescriptorChain chain) implements Side {
    OneByOne(RingFixture ring) {
      this(ring, new DescriptorChain());
    }

    @Override
    public int add(int from, int all) {
      int next = from;
      while (next < all && ring.driver().add(numbered(chain, ring, next), next)) {
        next++;
      }
      return next;
    }

    @Override
    public int take(int from) {
      int next = from;
      for (int token; (token = ring.driver().poll()) != Virtqueue.NONE; next++) {
        assertEquals(next, token);
        assertEquals(canary(next), ring.driver().usedLength());
      }
      return next;
    }
  }

  private static final class Many implements Side {
    private static final int AT_ONCE = 16;

    private final RingFixture ring;
    private final long[] addresses = new long[AT_ONCE];
    private final int[] lengths = new int[AT_ONCE];
    private final int[] tokens = new int[AT_ONCE];
    private final long[] usedLengths = new long[AT_ONCE];

    Many(RingFixture ring) {
      this.ring = ring;
    }

    @Override
    public int add(int from, int all) {
      int wanted = Math.min(AT_ONCE, all - from);
      for (int i = 0; i < wanted; i++) {
        addresses[i] = ring.buffers();
        lengths[i] = canary(from + i);
        tokens[i] = from + i;
      }
      return from + ring.driver().add(addresses, lengths, tokens, wanted, true);
    }

    @Override
    public int take(int from) {
      int taken = ring.driver().poll(tokens, usedLengths, AT_ONCE);
      for (int i = 0; i < taken; i++) {
        assertEquals(from + i, tokens[i]);
        assertEquals(canary(from + i), usedLengths[i]);
      }
      return from + taken;
    }
  }

  private static void runDriver(
      Virtqueue queue, Side side, AtomicInteger all, Semaphore doorbell, Semaphore line)
      throws InterruptedException {
    long start = System.nanoTime();
    int added = 0;
    int back = 0;
    while (back < all.get()) {
      added = side.add(added, all.get());
      if (System.nanoTime() - start > MOST_NANOS) {
        all.set(added);
      }
      if (queue.publish()) {
        doorbell.release();
      }
      int before = back;
      back = side.take(back);
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
      DeviceSideRing ring, AtomicInteger all, boolean many, Semaphore doorbell, Semaphore line) {
    int used = 0;
    while (used < all.get()) {
      while (ring.waiting() > 0) {
        DeviceSideRing.Chain chain = ring.take().orElseThrow();
        assertEquals(many ? 1 : 1 + used % 2, chain.pieces().size());
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
