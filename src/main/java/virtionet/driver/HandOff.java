package virtionet.driver;

import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import virtionet.net.Frame;
import virtionet.net.FrameBatch;
import virtionet.net.FrameRing;
import virtionet.net.TransmitQueue;

/**
 * A bounded queue of frames between the driver and one client, and the art of waking the other side
 * no more often than needed: once for a batch, not once for a frame. One serves each direction.
 *
 * <p>One producer and one consumer at a time, each on whatever thread. A side that finds nothing to
 * do says that it sleeps and then looks once more; the other side, after its work, wakes it if it
 * sleeps. Both separate their own write from their look at the other's state with a full fence, so
 * that of the two looks one sees the other's write, and no wake-up is lost.
 *
 * <p>Whichever way it ends, each frame in it is either polled or released.
 */
public final class HandOff {
  private static final int AWAKE = 0;
  private static final int ASLEEP = 1;

  private final FrameRing queue;
  private final AtomicInteger consumer = new AtomicInteger(AWAKE);
  private final AtomicInteger producer = new AtomicInteger(AWAKE);
  private volatile Runnable wakeConsumer = () -> {};
  private volatile Runnable wakeProducer = () -> {};
  private volatile boolean finished;
  private volatile boolean closed;
  private volatile @Nullable Throwable failure;
  private volatile Tally tally = Tally.NONE;

  /** Counts what becomes of the frames that were passed on: each is one or the other. */
  public interface Tally {
    /** For a hand-off that nobody counts. */
    Tally NONE = frames -> {};

    /** The consumer took so many; on its thread. */
    default void taken(int frames) {}

    /** These were released, since their consumer or their producer ended; on any thread. */
    void lost(int frames);
  }

  /**
   * @param capacity frames, at least 1
   */
  public HandOff(int capacity) {
    queue = new FrameRing(capacity);
  }

  /** Who counts its frames; to be set before the first comes. */
  void tally(Tally newTally) {
    tally = newTally;
  }

  // The producer's side.

  /**
   * What to run when there is room again after {@link #awaitRoom()}, or the consumer has closed.
   */
  public void onRoom(Runnable action) {
    wakeProducer = Objects.requireNonNull(action, "action");
  }

  /**
   * Passes a frame on. The consumer is not woken by it: see {@link #wake()}, which must follow,
   * once for as many as come together.
   *
   * @return false when there is no room or the consumer has closed; the frame stays the caller's
   */
  public boolean offer(Frame frame) {
    Objects.requireNonNull(frame, "frame");
    return !closed && queue.offer(frame);
  }

  /**
   * Passes frames on, from the batch's front; to be followed by {@link #wake()}.
   *
   * @return how many there was room for, none when the consumer has closed: they are out of the
   *     batch
   */
  public int offer(FrameBatch batch) {
    return closed ? 0 : queue.offer(batch);
  }

  /** Wakes the consumer if it sleeps; after an offer, or after many. */
  public void wake() {
    VarHandle.fullFence();
    releaseIfClosed();
    if (consumer.get() == ASLEEP && consumer.compareAndSet(ASLEEP, AWAKE)) {
      wakeConsumer.run();
    }
  }

  /** After a fence: the consumer may have looked for the last time before the frames were in. */
  private void releaseIfClosed() {
    if (closed) {
      releaseAll();
    }
  }

  /**
   * Asks to be told of room; after {@link #finish()}, of the last frame having been polled.
   *
   * @return false when it is so already: nobody will tell
   */
  public boolean awaitRoom() {
    producer.set(ASLEEP);
    VarHandle.fullFence();
    releaseIfClosed();
    boolean hasRoom = closed || (finished ? queue.isEmpty() : queue.size() < queue.capacity());
    return !hasRoom || !producer.compareAndSet(ASLEEP, AWAKE);
  }

  /**
   * Says that no more frames will come. The consumer still gets those that are in, and is told of
   * the end also when it does not sleep: perhaps it wants no frame for now, and waits for nothing
   * else.
   */
  public void finish() {
    if (!finished) {
      finished = true;
      VarHandle.fullFence();
      releaseIfClosed();
      wakeConsumer.run();
    }
  }

  /** Says that no more frames will come, because of an error. */
  public void fail(Throwable cause) {
    failure = Objects.requireNonNull(cause, "cause");
    finish();
  }

  /** Releases a frame that its producer accepted and now cannot pass on: it counts as lost. */
  public void abandon(Frame frame) {
    letGo(frame);
    tally.lost(1);
  }

  /** The same for the frames that are left in a batch, and for the batch. */
  public void abandon(FrameBatch batch) {
    int frames = batch.size();
    batch.release();
    tally.lost(frames);
  }

  /** Whether the consumer takes no more. */
  public boolean isClosed() {
    return closed;
  }

  // The consumer's side.

  /** What to run, on the producer's thread, when frames or the end come while it sleeps. */
  public void onWake(Runnable action) {
    wakeConsumer = Objects.requireNonNull(action, "action");
  }

  /** The oldest frame, if there is one, which stays. */
  public @Nullable Frame peek() {
    return queue.peek();
  }

  /** Takes the oldest frame, if there is one. */
  public @Nullable Frame poll() {
    Frame frame = queue.poll();
    if (frame != null) {
      tally.taken(1);
    }
    return frame;
  }

  /** Moves the oldest frames to the end of a batch, as many as it has room for; how many. */
  public int poll(FrameBatch batch) {
    int frames = queue.poll(batch);
    if (frames > 0) {
      tally.taken(frames);
    }
    return frames;
  }

  /** Lets a transmit ring take the oldest frames, up to so many; how many it took. */
  int pollInto(TransmitQueue ring, int most) {
    int frames = ring.send(queue, most);
    if (frames > 0) {
      tally.taken(frames);
    }
    return frames;
  }

  /**
   * Says that the consumer does nothing until woken.
   *
   * @return false when there are frames, or the end, already: nobody will wake it
   */
  public boolean sleep() {
    consumer.set(ASLEEP);
    VarHandle.fullFence();
    return (queue.isEmpty() && !finished) || !consumer.compareAndSet(ASLEEP, AWAKE);
  }

  /**
   * Wakes a producer that waits, once half of the room is free, or all of it after the finish; to
   * be called after a batch of polls.
   */
  public void signalRoom() {
    VarHandle.fullFence();
    if (producer.get() == ASLEEP
        && queue.size() <= (finished ? 0 : queue.capacity() / 2)
        && producer.compareAndSet(ASLEEP, AWAKE)) {
      wakeProducer.run();
    }
  }

  /**
   * Whether a consumer is at its end: the last frame was polled, or the producer failed and the
   * consumer wants no frame for now. It may never want one again, and is to hear of the failure.
   *
   * @param wanting whether the consumer would take a frame
   */
  public boolean isOver(boolean wanting) {
    return isExhausted() || (!wanting && failure != null);
  }

  /** Whether the producer has ended and the last frame was polled. */
  public boolean isExhausted() {
    return finished && queue.isEmpty();
  }

  /** Why the producer ended, if it was for an error. */
  public Optional<Throwable> failure() {
    return Optional.ofNullable(failure);
  }

  /**
   * Takes no more frames and releases those that are in.
   *
   * @return how many were released here; one that is offered meanwhile is released by its wake
   */
  public int close() {
    closed = true;
    VarHandle.fullFence();
    int released = releaseAll();
    if (producer.compareAndSet(ASLEEP, AWAKE)) {
      wakeProducer.run();
    }
    return released;
  }

  /** Synchronized: after the close, producer and consumer may both be here. */
  private synchronized int releaseAll() {
    int released = 0;
    for (Frame frame; (frame = queue.poll()) != null; released++) {
      letGo(frame);
    }
    if (released > 0) {
      tally.lost(released);
    }
    return released;
  }

  /** A client that released a frame after passing it on must not hinder the end of the others. */
  private static void letGo(Frame frame) {
    if (!frame.isReleased()) {
      frame.release();
    }
  }

  /** Frames that were ever passed on; for the producer. */
  public long given() {
    return queue.produced();
  }

  /** Frames that were ever taken; for the consumer. */
  public long taken() {
    return queue.consumed();
  }

  /** Frames in it; about, while others are at work. */
  public int size() {
    return queue.size();
  }

  public int capacity() {
    return queue.capacity();
  }
}
