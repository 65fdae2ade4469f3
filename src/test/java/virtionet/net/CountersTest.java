package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Counts that many add to, and shares of one owner each. */
class CountersTest {
  private static final int TIMES = 100_000;

  private final Counters counters = new Counters();

  @Test
  void aValueIsTheSumOfAllSharesAndOfWhatOthersAdded() {
    CounterShare first = counters.share();
    CounterShare second = counters.share();
    first.add(Counter.RECEIVED_BYTES, 60);
    second.add(Counter.RECEIVED_BYTES, 40);
    second.increment(Counter.RECEIVED_FRAMES);
    counters.add(Counter.RECEIVED_BYTES, 3);
    assertEquals(103, counters.get(Counter.RECEIVED_BYTES));
    assertEquals(103, counters.snapshot().get(Counter.RECEIVED_BYTES));
    assertEquals(1, counters.get(Counter.RECEIVED_FRAMES));
    assertEquals(0, counters.get(Counter.TRANSMITTED_FRAMES));
  }

  @Test
  void whatAShareHadCountsOnceAfterItsEnd() {
    CounterShare share = counters.share();
    share.add(Counter.DELIVERED_FRAMES, 7);
    counters.end(share);
    counters.end(share);
    assertEquals(7, counters.get(Counter.DELIVERED_FRAMES));
  }

  @Test
  void aQueueHasTheSameShareInEachLifeOfItsDevice() {
    assertSame(counters.ofQueue(1), counters.ofQueue(1));
    counters.ofQueue(0).increment(Counter.RECEIVED_FRAMES);
    counters.ofQueue(1).increment(Counter.RECEIVED_FRAMES);
    assertEquals(2, counters.get(Counter.RECEIVED_FRAMES));
  }

  @Test
  void nothingIsLostWhileOwnersAddEndAndBegin() throws InterruptedException {
    List<Thread> owners = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      owners.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    CounterShare share = counters.share();
                    for (int n = 1; n <= TIMES; n++) {
                      share.increment(Counter.DELIVERED_FRAMES);
                      if (n % 1_000 == 0) {
                        counters.end(share);
                        share = counters.share();
                      }
                    }
                  }));
    }
    long before = 0;
    while (owners.stream().anyMatch(Thread::isAlive)) {
      long now = counters.get(Counter.DELIVERED_FRAMES);
      assertEquals(now, Math.max(before, now), "it never goes back");
      before = now;
    }
    for (Thread owner : owners) {
      owner.join();
    }
    assertEquals(3L * TIMES, counters.get(Counter.DELIVERED_FRAMES));
  }
}
