package virtionet.flows;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import virtionet.testing.Patience;
import virtionet.testing.TestBytes;

/** How fast frames go through. */
class ShaperTest {
  private final FlowFixture flows = new FlowFixture();

  @AfterEach
  void close() {
    flows.close();
  }

  @Test
  void afterTheBurstAFrameGoesEachTimeOneIsDue() {
    var run =
        flows.run(Shaper.flow(Optional.empty(), Optional.of(new Rate(10, 3)), flows.clock::get));
    run.out().request(100);
    for (int number = 0; number < 6; number++) {
      run.in().sendNext(flows.frame(number));
    }
    for (int number = 0; number < 3; number++) {
      assertArrayEquals(FlowFixture.bytes(number), run.take());
    }
    Patience.until("the fourth is held", () -> run.value().get(FlowCounter.DELAYED) == 1);
    for (int number = 3; number < 6; number++) {
      flows.advance(Duration.ofMillis(99));
      run.out().expectNoMessage(Duration.ofMillis(20));
      flows.advance(Duration.ofMillis(1));
      assertArrayEquals(FlowFixture.bytes(number), run.take());
      long held = number - 1L;
      if (number < 5) {
        Patience.until("the next is held", () -> run.value().get(FlowCounter.DELAYED) == held);
      }
    }
    run.in().sendComplete();
    run.out().expectComplete();
  }

  @Test
  void bytesCostWhatTheyAreAndALargeFrameGoesWhenTheBucketIsFull() {
    var run =
        flows.run(
            Shaper.flow(Optional.of(new Rate(1000, 500)), Optional.empty(), flows.clock::get));
    run.out().request(100);
    run.in().sendNext(flows.frames.make(TestBytes.frame(1, 500)));
    assertEquals(500, run.take().length);
    run.in().sendNext(flows.frames.make(TestBytes.frame(2, 1500)));
    Patience.until("it is held", () -> run.value().get(FlowCounter.DELAYED) == 1);
    flows.advance(Duration.ofMillis(499));
    run.out().expectNoMessage(Duration.ofMillis(20));
    flows.advance(Duration.ofMillis(1));
    assertEquals(1500, run.take().length);
    // The debt of 1000 and 100 more.
    run.in().sendNext(flows.frames.make(TestBytes.frame(3, 100)));
    Patience.until("it is held", () -> run.value().get(FlowCounter.DELAYED) == 2);
    flows.advance(Duration.ofMillis(1099));
    run.out().expectNoMessage(Duration.ofMillis(20));
    flows.advance(Duration.ofMillis(1));
    assertEquals(100, run.take().length);
    run.in().sendComplete();
    run.out().expectComplete();
  }

  @Test
  void theFrameThatIsHeldAtTheEndIsReleased() {
    var run =
        flows.run(Shaper.flow(Optional.empty(), Optional.of(new Rate(1, 1)), flows.clock::get));
    run.out().request(5);
    run.in().sendNext(flows.frame(0));
    run.take();
    run.in().sendNext(flows.frame(1));
    Patience.until("it is held", () -> run.value().get(FlowCounter.DELAYED) == 1);
    run.out().cancel();
    flows.assertNothingHeld();
    assertEquals(1, run.value().get(FlowCounter.DROPPED_AT_END));
  }

  @Test
  void whateverIsAskedNoMoreThanRateAndBurstGoThroughInAnyTime() {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    var bucket = new TokenBucket(1000, 50);
    long now = random.nextLong();
    long start = now;
    long taken = 0;
    for (int i = 0; i < 10_000; i++) {
      long cost = random.nextInt(1, 51);
      long due = bucket.whenHas(cost, now);
      assertEquals(true, due - now >= 0, "seed " + seed);
      bucket.take(cost, due);
      taken += cost;
      double allowed = 50 + 1000 * ((due - start) / 1e9) + 1;
      assertEquals(true, taken <= allowed, "seed " + seed + ": " + taken + " of " + allowed);
      now = due + random.nextLong(40_000_000);
    }
  }
}
