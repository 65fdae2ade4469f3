package virtionet.flows;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import virtionet.net.Frame;
import virtionet.testing.Patience;

/** What becomes of frames, and that it is the same again. */
class FaultInjectorTest {
  private static final int MANY = 1000;
  private static final Duration DELAY = Duration.ofMillis(100);

  private final FlowFixture flows = new FlowFixture();
  private final FaultSettings none = FaultSettings.none(42).withClock(flows.clock::get);

  @AfterEach
  void close() {
    flows.close();
  }

  private List<Integer> numbers(FaultSettings settings, int count) {
    return flows.through(flows.run(FaultInjector.flow(settings)), count).stream()
        .map(bytes -> FlowFixture.number(bytes, count))
        .toList();
  }

  private static List<Integer> all(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  @Test
  void withoutFaultsEachFramePassesAsItIs() {
    assertEquals(all(50), numbers(none, 50));
    flows.assertNothingHeld();
  }

  @Test
  void theSameSeedDropsTheSameFramesAndAboutAsManyAsTold() {
    FaultSettings settings = none.withDrop(0.3);
    var run = flows.run(FaultInjector.flow(settings));
    int came = flows.through(run, MANY).size();
    assertTrue(came > 650 && came < 750, "of 1000 came " + came);
    assertEquals(came, run.value().get(FlowCounter.PASSED));
    assertEquals(MANY - came, run.value().get(FlowCounter.DROPPED_AT_RANDOM));
    List<Integer> first = numbers(settings, 100);
    assertEquals(first, numbers(settings, 100));
    flows.assertNothingHeld();
  }

  @Test
  void oneMoreFaultDoesNotChangeWhichFramesAnotherMeets() {
    List<Integer> dropped = new ArrayList<>(all(100));
    dropped.removeAll(numbers(none.withDrop(0.3), 100));
    Set<Integer> alsoDuplicated = new HashSet<>(all(100));
    alsoDuplicated.removeAll(numbers(none.withDrop(0.3).withDuplicate(0.5), 100));
    assertEquals(Set.copyOf(dropped), alsoDuplicated);
  }

  @Test
  void aCorruptedFrameDiffersInOneBit() {
    var run = flows.run(FaultInjector.flow(none.withCorrupt(1)));
    List<byte[]> came = flows.through(run, 50);
    for (int number = 0; number < 50; number++) {
      byte[] expected = FlowFixture.bytes(number);
      int bits = 0;
      for (int at = 0; at < expected.length; at++) {
        bits += Integer.bitCount((expected[at] ^ came.get(number)[at]) & 0xff);
      }
      assertEquals(1, bits, "bits of frame " + number);
    }
    assertEquals(50, run.value().get(FlowCounter.CORRUPTED));
    flows.assertNothingHeld();
  }

  @Test
  void aDuplicateFollowsAsAFrameOfItsOwn() {
    assertEquals(List.of(0, 0, 1, 1, 2, 2), numbers(none.withDuplicate(1), 3));
    flows.assertNothingHeld();
  }

  @Test
  void aReorderedFrameGoesBehindTheNext() {
    List<Integer> came = numbers(none.withReorder(0.3, DELAY), 100);
    assertEquals(Set.copyOf(all(100)), Set.copyOf(came));
    assertEquals(100, came.size());
    long outOfTurn = IntStream.range(1, 100).filter(i -> came.get(i) < came.get(i - 1)).count();
    assertTrue(outOfTurn > 10 && outOfTurn < 35, came::toString);
  }

  @Test
  void aReorderedFrameThatNoneFollowsGoesWhenItsTimeIsOver() {
    var run = flows.run(FaultInjector.flow(none.withReorder(1, DELAY)));
    run.out().request(2);
    run.in().sendNext(flows.frame(1));
    Patience.until("it is held", () -> run.value().get(FlowCounter.REORDERED) == 1);
    run.out().expectNoMessage(Duration.ofMillis(50));
    flows.advance(DELAY);
    assertArrayEquals(FlowFixture.bytes(1), run.take());
    run.in().sendComplete();
    run.out().expectComplete();
  }

  @Test
  void aDelayedFrameIsOvertakenAndComesWhenItsTimeIsOver() {
    FaultSettings settings = none.withDelay(0.5, DELAY);
    var run = flows.run(FaultInjector.flow(settings));
    run.out().request(100);
    for (int number = 0; number < 10; number++) {
      run.in().sendNext(flows.frame(number));
    }
    run.in().sendComplete();
    List<Integer> came = new ArrayList<>();
    // The dice of this seed: told by the counters.
    var counters = run.value();
    Patience.until("all were decided on", () -> counters.get(FlowCounter.PASSED) == 10);
    int held = (int) counters.get(FlowCounter.DELAYED);
    assertTrue(held > 0 && held < 10, "held " + held);
    for (int i = 0; i < 10 - held; i++) {
      came.add(FlowFixture.number(run.take(), 10));
    }
    run.out().expectNoMessage(Duration.ofMillis(50));
    flows.advance(DELAY.minusNanos(1_000_000));
    run.out().expectNoMessage(Duration.ofMillis(50));
    flows.advance(Duration.ofMillis(1));
    for (int i = 0; i < held; i++) {
      came.add(FlowFixture.number(run.take(), 10));
    }
    run.out().expectComplete();
    assertEquals(Set.copyOf(all(10)), Set.copyOf(came));
    List<Integer> late = came.subList(10 - held, 10);
    assertEquals(late.stream().sorted().toList(), late, "they keep their order");
  }

  @Test
  void noMoreFramesAreTakenThanThereIsRoomToHold() {
    var run = flows.run(FaultInjector.flow(none.withDelay(1, DELAY).withRoom(3)));
    run.out().request(100);
    for (int number = 0; number < 3; number++) {
      run.in().sendNext(flows.frame(number));
    }
    Patience.until("three are held", () -> run.value().get(FlowCounter.DELAYED) == 3);
    run.out().expectNoMessage(Duration.ofMillis(50));
    assertEquals(3, run.value().get(FlowCounter.DELAYED));
    run.out().cancel();
    flows.assertNothingHeld();
  }

  @Test
  void framesBeyondTheRateAreDropped() {
    var run = flows.run(FaultInjector.flow(none.withRate(new Rate(100, 4))));
    assertEquals(4, flows.through(run, 10).size());
    assertEquals(6, run.value().get(FlowCounter.DROPPED_OVER_RATE));
    flows.assertNothingHeld();
  }

  @Test
  void longFramesAreDroppedAndSeenBefore() {
    List<Integer> seen = new ArrayList<>();
    var run =
        flows.run(
            FaultInjector.flow(
                none.withLongest(64)
                    .withOnDrop(
                        (frame, reason) -> {
                          assertEquals(FlowCounter.DROPPED_TOO_LONG, reason);
                          seen.add(frame.length());
                        })));
    assertEquals(5, flows.through(run, 10).size());
    assertEquals(List.of(65, 66, 67, 68, 69), seen);
    flows.assertNothingHeld();
  }

  @Test
  void whatIsHeldWhenTheStreamEndsIsReleasedAndCounted() {
    for (boolean fails : new boolean[] {false, true}) {
      var run = flows.run(FaultInjector.flow(none.withDelay(1, DELAY)));
      run.out().request(10);
      for (int number = 0; number < 5; number++) {
        run.in().sendNext(flows.frame(number));
      }
      Patience.until("they are held", () -> run.value().get(FlowCounter.DELAYED) == 5);
      if (fails) {
        run.in().sendError(new IllegalStateException("lost"));
        assertEquals("lost", run.out().expectError().getMessage());
      } else {
        run.out().cancel();
      }
      flows.assertNothingHeld();
      assertEquals(5, run.value().get(FlowCounter.DROPPED_AT_END));
      assertEquals(5, run.value().dropped());
    }
  }

  @Test
  void whoFailsAtAFrameThatIsDroppedAtTheEndKeepsNoOtherFromItsRelease() {
    FaultSettings failing =
        none.withDelay(1, DELAY)
            .withOnDrop(
                (frame, reason) -> {
                  throw new IllegalStateException("on purpose");
                });
    var run = flows.run(FaultInjector.flow(failing));
    run.out().request(10);
    for (int number = 0; number < 5; number++) {
      run.in().sendNext(flows.frame(number));
    }
    Patience.until("they are held", () -> run.value().get(FlowCounter.DELAYED) == 5);
    run.out().cancel();
    flows.assertNothingHeld();
    assertEquals(5, run.value().get(FlowCounter.DROPPED_AT_END));
  }

  @Test
  void aFrameThatWasReleasedBeforeGoesOnForTheDriverToCount() {
    var run = flows.run(FaultInjector.flow(none.withDrop(1).withCorrupt(1)));
    Frame frame = flows.frame(1);
    frame.release();
    run.out().request(1);
    run.in().sendNext(frame);
    assertEquals(frame, run.out().expectNext());
    run.out().cancel();
  }

  @Test
  void whatIsNoShareIsRefused() {
    assertEquals(
        "drop 1.5: the share of frames must be from 0 to 1",
        assertThrows(IllegalArgumentException.class, () -> none.withDrop(1.5)).getMessage());
    assertThrows(IllegalArgumentException.class, () -> none.withCorrupt(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> new Rate(0, 1));
  }
}
