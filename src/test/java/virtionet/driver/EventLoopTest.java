package virtionet.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtionet.machine.InterruptLine;
import virtionet.machine.LineSelector;
import virtionet.testing.ModelInterruptLine;
import virtionet.testing.Patience;

/** One thread for tasks and interrupt lines: neither is forgotten for the other. */
@Timeout(60)
class EventLoopTest {
  private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(15);

  private final ConcurrentLinkedQueue<Throwable> uncaught = new ConcurrentLinkedQueue<>();
  private final EventLoop loop =
      new EventLoop(
          task ->
              Thread.ofPlatform()
                  .daemon()
                  .uncaughtExceptionHandler((thread, failure) -> uncaught.add(failure))
                  .unstarted(task));

  @AfterEach
  void end() throws InterruptedException {
    loop.shutdown();
    assertTrue(loop.awaitTermination(Patience.SECONDS, TimeUnit.SECONDS));
  }

  private <T> T onLoop(java.util.function.Supplier<T> task) {
    return Patience.answer(CompletableFuture.supplyAsync(task, loop));
  }

  @Test
  void tasksOfManyThreadsAllRunOnOneThreadAndThoseOfEachInTheirOrder() {
    int threads = 4;
    int each = 20_000;
    var next = new int[threads];
    var disorder = new AtomicInteger();
    var left = new AtomicInteger(threads * each);
    var names = new ConcurrentLinkedQueue<Thread>();
    for (int t = 0; t < threads; t++) {
      int thread = t;
      Thread.ofPlatform()
          .daemon()
          .start(
              () -> {
                for (int i = 0; i < each; i++) {
                  int number = i;
                  loop.execute(
                      () -> {
                        if (next[thread]++ != number) {
                          disorder.incrementAndGet();
                        }
                        if (number == 0) {
                          names.add(Thread.currentThread());
                        }
                        left.decrementAndGet();
                      });
                }
              });
    }
    Patience.until("all have run", () -> left.get() == 0);
    assertEquals(0, disorder.get());
    assertEquals(1, names.stream().distinct().count());
  }

  @Test
  void aTaskThatComesWhileItSleepsWakesItEachTime() {
    // A busy machine takes its time for each wake-up.
    long start = System.nanoTime();
    for (int round = 0; round < 2_000 && System.nanoTime() - start < MOST_NANOS; round++) {
      int number = round;
      assertEquals(number, onLoop(() -> number));
    }
  }

  @Test
  void aTaskThatThrowsIsReportedAndTheNextRuns() {
    var failure = new IllegalStateException("on purpose");
    loop.execute(
        () -> {
          throw failure;
        });
    assertEquals("next", onLoop(() -> "next"));
    assertEquals(List.of(failure), List.copyOf(uncaught));
  }

  @Test
  void whatWasTakenBeforeTheShutdownStillRunsAndNothingAfterIt() throws InterruptedException {
    var gate = new Semaphore(0);
    var ran = new AtomicInteger();
    loop.execute(gate::acquireUninterruptibly);
    for (int i = 0; i < 1_000; i++) {
      loop.execute(ran::incrementAndGet);
    }
    loop.shutdown();
    assertThrows(RejectedExecutionException.class, () -> loop.execute(ran::incrementAndGet));
    assertFalse(loop.isTerminated());
    gate.release();
    assertTrue(loop.awaitTermination(Patience.SECONDS, TimeUnit.SECONDS));
    assertEquals(1_000, ran.get());
  }

  @Test
  void onlyItsOwnThreadIsOnTheLoop() {
    assertNull(EventLoop.currentLines());
    assertNotNull(onLoop(() -> Optional.ofNullable(EventLoop.currentLines())).orElse(null));
  }

  @Test
  void aLineThatItCanWaitForNeedsNoThreadAndIsHeardAsleepAndBusy() {
    var line = new SelectableLine();
    var raised = new AtomicInteger();
    LineWatch watch = onLoop(() -> start(line, raised, new AtomicInteger()));
    assertTrue(watch instanceof LoopLineWatch, watch::toString);
    line.raise();
    Patience.until("heard in its sleep", () -> raised.get() == 1);

    var busy = new AtomicInteger();
    onLoop(
        () -> {
          keepBusy(busy);
          return 0;
        });
    line.raise();
    Patience.until("heard while there is always a task", () -> raised.get() == 2);
    assertTrue(busy.getAndSet(-1) > 0);
    onLoop(
        () -> {
          watch.stop();
          return 0;
        });
    assertTrue(line.closed);
  }

  @Test
  void aLineIsHeardWhilePollersHaveWorkAllTheTime() {
    var line = new SelectableLine();
    var raised = new AtomicInteger();
    var goesOn = new AtomicBoolean(true);
    onLoop(() -> start(line, raised, new AtomicInteger()));
    boolean added =
        onLoop(
            () ->
                EventLoop.addPoller(
                    new EventLoop.Poller() {
                      @Override
                      public boolean look(long now) {
                        if (goesOn.get()) {
                          loop.execute(() -> {});
                        }
                        return goesOn.get();
                      }

                      @Override
                      public void rest() {}
                    }));
    assertTrue(added);
    line.raise();
    Patience.until("heard between two looks of the poller", () -> raised.get() == 1);
    goesOn.set(false);
  }

  private void keepBusy(AtomicInteger turns) {
    if (turns.getAndIncrement() >= 0) {
      loop.execute(() -> keepBusy(turns));
    }
  }

  @Test
  void aQuietLineIsToldAsQuietAgainAndAgain() {
    var quiet = new AtomicInteger();
    onLoop(() -> start(new SelectableLine(), new AtomicInteger(), quiet));
    Patience.until("told twice", () -> quiet.get() >= 2);
  }

  @Test
  void aLineThatItCannotWaitForGetsAThread() {
    var line = new ModelInterruptLine();
    LineWatch watch = onLoop(() -> start(line, new AtomicInteger(), new AtomicInteger()));
    assertTrue(watch instanceof InterruptThread, watch::toString);
    watch.stop();
  }

  private static LineWatch start(InterruptLine line, AtomicInteger raised, AtomicInteger quiet) {
    return LineWatch.start(
        "line",
        line,
        new LineWatch.Listener(
            raised::incrementAndGet, quiet::incrementAndGet, reason -> raised.set(-1)));
  }

  /** A line whose selector is a semaphore. */
  private static final class SelectableLine implements InterruptLine {
    private final Semaphore news = new Semaphore(0);
    private final AtomicInteger raises = new AtomicInteger();
    private volatile boolean closed;

    void raise() {
      raises.incrementAndGet();
      news.release();
    }

    @Override
    public Wakeup await(Duration timeout) {
      throw new AssertionError("no thread of its own is needed");
    }

    @Override
    public void enable() {}

    @Override
    public void close() {
      closed = true;
    }

    @Override
    public Optional<LineSelector> openSelector() {
      return Optional.of(new Selector());
    }

    private final class Selector implements LineSelector {
      private Listener listener =
          new Listener() {
            @Override
            public void raised() {}

            @Override
            public void failed(String reason) {}
          };

      @Override
      public boolean add(InterruptLine line, Listener newListener) {
        listener = newListener;
        return true;
      }

      @Override
      public void remove(InterruptLine line) {}

      @Override
      public void select(Duration timeout) {
        try {
          if (news.tryAcquire(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
            while (raises.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
              listener.raised();
            }
          }
        } catch (InterruptedException e) {
          throw new AssertionError("nobody interrupts the loop", e);
        }
      }

      @Override
      public void wakeup() {
        news.release();
      }

      @Override
      public void close() {}
    }
  }
}
