package virtionet.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtionet.net.Frame;
import virtionet.net.TestFrames;

class HandOffTest {
  private static final int FRAMES = 300_000;

  /** Where each sleep costs a busy machine some milliseconds, fewer must do. */
  private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(15);

  @Test
  void framesComeOutInTheOrderInWhichTheyWentIn() {
    var handOff = new HandOff(2);
    Frame first = Frame.ofLength(14);
    Frame second = Frame.ofLength(15);
    assertTrue(handOff.offer(first));
    assertTrue(handOff.offer(second));
    assertSame(first, handOff.poll());
    assertSame(second, handOff.poll());
    assertNull(handOff.poll());
  }

  @Test
  void aFrameBeyondTheCapacityStaysTheCallers() {
    var handOff = new HandOff(3);
    for (int i = 0; i < 3; i++) {
      assertTrue(handOff.offer(Frame.ofLength(14)));
    }
    Frame surplus = Frame.ofLength(14);
    assertFalse(handOff.offer(surplus));
    assertFalse(surplus.isReleased());
    assertEquals(3, handOff.size());
  }

  @Test
  void aConsumerIsWokenOnceForABatchAndOnlyWhenItSleeps() {
    var handOff = new HandOff(8);
    var woken = new AtomicInteger();
    handOff.onWake(woken::incrementAndGet);
    handOff.offer(Frame.ofLength(14));
    handOff.wake();
    assertEquals(0, woken.get(), "it was awake");
    assertNotNull(handOff.poll());
    assertTrue(handOff.sleep());
    handOff.offer(Frame.ofLength(14));
    handOff.offer(Frame.ofLength(14));
    handOff.wake();
    handOff.wake();
    assertEquals(1, woken.get());
  }

  @Test
  void aConsumerCannotFallAsleepOverAFrame() {
    var handOff = new HandOff(8);
    handOff.offer(Frame.ofLength(14));
    assertFalse(handOff.sleep());
  }

  @Test
  void aConsumerCannotFallAsleepAfterTheEnd() {
    var handOff = new HandOff(8);
    handOff.finish();
    assertFalse(handOff.sleep());
    assertTrue(handOff.isExhausted());
  }

  @Test
  void theEndComesAfterTheLastFrameAndWithItsReason() {
    var handOff = new HandOff(8);
    handOff.offer(Frame.ofLength(14));
    var reason = new IllegalStateException("gone");
    handOff.fail(reason);
    assertFalse(handOff.isExhausted());
    assertNotNull(handOff.poll());
    assertTrue(handOff.isExhausted());
    assertSame(reason, handOff.failure().orElseThrow());
  }

  @Test
  void aProducerIsToldOfRoomOnceHalfIsFree() {
    var handOff = new HandOff(4);
    var told = new AtomicInteger();
    handOff.onRoom(told::incrementAndGet);
    for (int i = 0; i < 4; i++) {
      handOff.offer(Frame.ofLength(14));
    }
    assertTrue(handOff.awaitRoom());
    handOff.poll();
    handOff.signalRoom();
    assertEquals(0, told.get());
    handOff.poll();
    handOff.signalRoom();
    handOff.signalRoom();
    assertEquals(1, told.get());
  }

  @Test
  void aProducerDoesNotWaitForRoomThatIsThere() {
    var handOff = new HandOff(4);
    assertFalse(handOff.awaitRoom());
  }

  @Test
  void afterTheFinishAProducerIsToldWhenTheLastFrameWasPolled() {
    var handOff = new HandOff(8);
    var told = new AtomicInteger();
    handOff.onRoom(told::incrementAndGet);
    handOff.offer(Frame.ofLength(14));
    handOff.finish();
    assertTrue(handOff.awaitRoom());
    handOff.signalRoom();
    assertEquals(0, told.get());
    handOff.poll();
    handOff.signalRoom();
    assertEquals(1, told.get());
  }

  @Test
  void closingReleasesWhatIsInAndRefusesWhatComes() {
    var handOff = new HandOff(8);
    Frame inside = Frame.ofLength(14);
    handOff.offer(inside);
    assertEquals(1, handOff.close());
    assertTrue(inside.isReleased());
    Frame late = Frame.ofLength(14);
    assertFalse(handOff.offer(late));
    assertFalse(late.isReleased());
  }

  @Test
  void closingWakesAProducerThatWaitsForRoom() {
    var handOff = new HandOff(1);
    var told = new AtomicInteger();
    handOff.onRoom(told::incrementAndGet);
    handOff.offer(Frame.ofLength(14));
    assertTrue(handOff.awaitRoom());
    handOff.close();
    assertEquals(1, told.get());
  }

  @Test
  @Timeout(60)
  void noWakeUpIsLostBetweenTwoThreadsThatBothSleep() throws Exception {
    var handOff = new HandOff(4);
    var frames = new Semaphore(0);
    var room = new Semaphore(0);
    handOff.onWake(frames::release);
    handOff.onRoom(room::release);
    var received = new AtomicLong();
    var done = new CountDownLatch(1);
    Thread consumer =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (true) {
                    if (handOff.poll() != null) {
                      received.incrementAndGet();
                      handOff.signalRoom();
                    } else if (handOff.isExhausted()) {
                      done.countDown();
                      return;
                    } else if (handOff.sleep() && !acquired(frames)) {
                      return;
                    }
                  }
                });
    long start = System.nanoTime();
    int sent = 0;
    while (sent < FRAMES && System.nanoTime() - start < MOST_NANOS) {
      if (handOff.offer(Frame.ofLength(14))) {
        handOff.wake();
        sent++;
      } else if (handOff.awaitRoom()) {
        assertTrue(acquired(room), "the producer sleeps for ever at frame " + sent);
      }
    }
    handOff.finish();
    assertTrue(done.await(20, TimeUnit.SECONDS), "the consumer sleeps for ever");
    consumer.join();
    assertEquals(sent, received.get());
  }

  @Test
  @Timeout(60)
  void eachFrameOfferedDuringTheCloseIsReleasedOnce() throws Exception {
    long start = System.nanoTime();
    for (int round = 0; round < 2_000 && System.nanoTime() - start < MOST_NANOS; round++) {
      var handOff = new HandOff(64);
      var frames = new TestFrames();
      var go = new CountDownLatch(1);
      Thread producer =
          Thread.ofPlatform()
              .start(
                  () -> {
                    go.countDown();
                    for (int i = 0; i < 100; i++) {
                      Frame frame = frames.make(14);
                      if (!handOff.offer(frame)) {
                        frame.release();
                      }
                    }
                  });
      go.await();
      handOff.close();
      producer.join();
      handOff.close();
      assertEquals(100, frames.released());
    }
  }

  private static boolean acquired(Semaphore semaphore) {
    try {
      return semaphore.tryAcquire(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
