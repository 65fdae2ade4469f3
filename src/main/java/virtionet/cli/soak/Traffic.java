package virtionet.cli.soak;

import akka.Done;
import akka.actor.typed.ActorSystem;
import akka.stream.BoundedSourceQueue;
import akka.stream.QueueOfferResult;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.stream.EthernetConnection;

/**
 * One stream on a device, for as long as it is open: sends frames in bursts, half of them laid into
 * device memory beforehand, and checks what comes back. It can be held, so that the books can be
 * looked at while nothing moves.
 */
final class Traffic implements AutoCloseable {
  private static final int QUEUE = 64;
  private static final int LONGEST_BURST = 16;
  private static final long BETWEEN_BURSTS = TimeUnit.MILLISECONDS.toNanos(4);
  private static final long FOR_ROOM = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long STILL = TimeUnit.MILLISECONDS.toNanos(30);

  private final BoundedSourceQueue<Frame> out;
  private final EthernetConnection connection;
  private final CompletionStage<Done> ended;
  private final Ledger ledger;
  private final SoakFrames frames;
  private final SplittableRandom random;
  private final Thread sender;
  private volatile boolean held;
  private volatile boolean still;
  private volatile boolean closed;

  private Traffic(
      BoundedSourceQueue<Frame> out,
      EthernetConnection connection,
      CompletionStage<Done> ended,
      Ledger ledger,
      SoakFrames frames) {
    this.out = out;
    this.connection = connection;
    this.ended = ended;
    this.ledger = ledger;
    this.frames = frames;
    random = new SplittableRandom(frames.seed());
    sender = Thread.ofPlatform().name("soak-sender").daemon().start(this::send);
  }

  /** Starts when the device is up. */
  static Traffic start(
      ActorSystem<?> system,
      Flow<Frame, Frame, CompletionStage<EthernetConnection>> device,
      Ledger ledger,
      SoakFrames frames) {
    var stream =
        Source.<Frame>queue(QUEUE)
            .viaMat(device, Keep.both())
            .toMat(
                Sink.foreach(
                    frame -> {
                      ledger.returned(frames.number(frame.toByteArray()));
                      frame.release();
                    }),
                Keep.both())
            .run(system);
    EthernetConnection connection = stream.first().second().toCompletableFuture().join();
    return new Traffic(stream.first().first(), connection, stream.second(), ledger, frames);
  }

  EthernetConnection connection() {
    return connection;
  }

  /** Whether the driver has ended the stream, which it must not. */
  boolean isOver() {
    return ended.toCompletableFuture().isDone();
  }

  long count(Counter counter) {
    return connection.counters().getOrDefault(counter, 0L);
  }

  private void send() {
    while (!closed && !isOver()) {
      still = held;
      for (int left = held ? 0 : random.nextInt(1, LONGEST_BURST + 1); left > 0; left--) {
        give();
      }
      LockSupport.parkNanos(BETWEEN_BURSTS);
    }
    still = true;
  }

  private void give() {
    byte[] bytes = frames.frame(ledger.give(), connection.mac());
    Frame frame = Frame.wrap(bytes);
    if (random.nextBoolean()) {
      frame = connection.allocate(bytes.length);
      MemorySegment.copy(bytes, 0, frame.segment(), ValueLayout.JAVA_BYTE, 0, bytes.length);
    }
    while (!isOver()) {
      if (out.offer(frame) instanceof QueueOfferResult.Enqueued$) {
        return;
      }
      LockSupport.parkNanos(FOR_ROOM);
    }
    frame.release();
  }

  /**
   * Stops sending, and waits until the driver has said of each frame what became of it and no more
   * come back.
   *
   * @return whether that was so in time
   */
  boolean hold(long millis) throws InterruptedException {
    held = true;
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    Ledger.Books last = ledger.books();
    long since = System.nanoTime();
    while (System.nanoTime() < end && !isOver()) {
      TimeUnit.MILLISECONDS.sleep(2);
      Ledger.Books now = ledger.books();
      if (!now.equals(last) || !still || told() < now.given()) {
        last = now;
        since = System.nanoTime();
      } else if (System.nanoTime() - since >= STILL) {
        return true;
      }
    }
    return false;
  }

  /** Frames of which the driver has said that they were sent, aborted or refused. */
  long told() {
    return count(Counter.TRANSMITTED_FRAMES)
        + count(Counter.TRANSMIT_ABORTED)
        + count(Counter.REFUSED_SHORT)
        + count(Counter.REFUSED_LONG)
        + count(Counter.REFUSED_OFFLOAD)
        + count(Counter.REFUSED_RELEASED);
  }

  /** Sends again. */
  void goOn() {
    still = false;
    held = false;
  }

  /** Ends the stream; what was given before is still sent. */
  @Override
  public void close() {
    closed = true;
    try {
      sender.join(1000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    out.complete();
  }
}
