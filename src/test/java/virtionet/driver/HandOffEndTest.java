package virtionet.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import virtionet.net.Frame;
import virtionet.net.TestFrames;

/** What the two sides of a hand-off, and who counts its frames, are told of its end. */
class HandOffEndTest {
  private final HandOff handOff = new HandOff(8);
  private final TestFrames frames = new TestFrames();
  private final AtomicInteger taken = new AtomicInteger();
  private final AtomicInteger lost = new AtomicInteger();

  private void tally() {
    handOff.tally(
        new HandOff.Tally() {
          @Override
          public void taken(int number) {
            taken.addAndGet(number);
          }

          @Override
          public void lost(int number) {
            lost.addAndGet(number);
          }
        });
  }

  @Test
  void aFailureEndsAConsumerWithoutDemandAlthoughFramesWait() {
    handOff.offer(frames.make(60));
    handOff.fail(new IllegalStateException("gone"));
    assertTrue(handOff.isOver(false));
    assertFalse(handOff.isOver(true), "it would take the frame that waits");
    assertNotNull(handOff.poll());
    assertTrue(handOff.isOver(true));
  }

  @Test
  void aPlainFinishLetsAConsumerWithoutDemandHaveTheFramesLater() {
    handOff.offer(frames.make(60));
    handOff.finish();
    assertFalse(handOff.isOver(false));
  }

  @Test
  void eachFrameCountsAsTakenOrAsLost() {
    tally();
    for (int i = 0; i < 5; i++) {
      handOff.offer(frames.make(60));
    }
    Frame polled = handOff.poll();
    assertNotNull(polled);
    polled.release();
    handOff.close();
    handOff.abandon(frames.make(60));
    assertEquals(1, taken.get());
    assertEquals(5, lost.get());
    assertEquals(0, frames.held());
  }

  @Test
  void aFrameThatItsClientReleasedAfterPassingItOnDoesNotHinderTheClose() {
    tally();
    Frame released = frames.make(60);
    handOff.offer(released);
    handOff.offer(frames.make(60));
    released.release();
    assertEquals(2, handOff.close());
    assertEquals(2, lost.get());
    assertEquals(0, frames.held());
  }
}
