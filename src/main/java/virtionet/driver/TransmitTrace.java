package virtionet.driver;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import virtionet.driver.trace.Recorder;
import virtionet.driver.trace.Tracing;
import virtionet.driver.trace.TransmitBatch;
import virtionet.net.Counters;
import virtionet.net.TransmitQueue;

/**
 * Tells the recorder of each batch of frames to transmit, once it was sent, and whoever watches the
 * driver's work of one in so many; makes no object while there is neither. For the upstream state's
 * thread.
 */
final class TransmitTrace {
  private final String device;
  private final Counters counters;
  private final Tracing tracing;
  private final Sampling sampling;
  private final List<Ring> rings = new ArrayList<>();

  // Of the turn that goes on.
  private boolean on;
  private long refusedBefore;

  TransmitTrace(String device, Counters counters, List<TransmitQueue> queues, Tracing tracing) {
    this.device = device;
    this.counters = counters;
    this.tracing = tracing;
    sampling = new Sampling(tracing.oneBatchIn());
    for (int pair = 0; pair < queues.size(); pair++) {
      rings.add(new Ring());
    }
  }

  /**
   * A batch.
   *
   * @param end how many frames of its ring were taken back when its last one was
   */
  private record Sent(TransmitBatch event, long end, long begunAt, boolean sampled) {}

  /** What is known of a ring. Frames and bytes are counted also while nothing is recorded. */
  private static final class Ring {
    private final Deque<Sent> unfinished = new ArrayDeque<>();
    private long frames;
    private long bytes;
    private long reaped;
    private long begunAt;
    private @Nullable TransmitBatch next;
  }

  /** So many frames were taken back, sent. */
  void reaped(int pair, int frames) {
    Ring ring = rings.get(pair);
    ring.reaped += frames;
    while (!ring.unfinished.isEmpty() && ring.unfinished.element().end() - ring.reaped <= 0) {
      Sent sent = ring.unfinished.remove();
      sent.event().completed = true;
      tell(sent);
    }
  }

  /** What is on its way will never be seen being sent: the ring was reset. */
  void aborted(int pair) {
    Ring ring = rings.get(pair);
    giveUp(ring);
    ring.reaped = ring.frames;
  }

  /** The clients' frames are about to be put into the rings. */
  void begin() {
    on = Recorder.takesTransmitted() || sampling.isNext();
    if (on) {
      refusedBefore = counters.refused();
      for (Ring ring : rings) {
        var event = new TransmitBatch();
        event.begin();
        ring.next = event;
        ring.begunAt = System.nanoTime();
      }
    }
  }

  /** A ring is about to be published. */
  void queued(int pair) {
    Ring ring = rings.get(pair);
    TransmitBatch event = ring.next;
    if (on && event != null) {
      event.queued = System.nanoTime() - ring.begunAt;
    }
  }

  /**
   * It was.
   *
   * @param doorbell whether it was rung
   */
  void published(int pair, TransmitQueue queue, boolean doorbell, List<Client> senders) {
    Ring ring = rings.get(pair);
    long framesNow = ring.reaped + queue.inFlight();
    long bytesNow = queue.bytesQueued();
    int frames = (int) (framesNow - ring.frames);
    long bytes = bytesNow - ring.bytes;
    ring.frames = framesNow;
    ring.bytes = bytesNow;
    if (frames <= 0) {
      return;
    }
    boolean sampled = sampling.take();
    TransmitBatch event = ring.next;
    if (!on || event == null) {
      return;
    }
    event.published = System.nanoTime() - ring.begunAt;
    event.device = device;
    event.pair = pair;
    event.doorbell = doorbell;
    event.frames = frames;
    event.bytes = bytes;
    event.refused = (int) (counters.refused() - refusedBefore);
    event.inFlight = queue.inFlight();
    for (int i = 0; i < senders.size(); i++) {
      event.waiting += senders.get(i).transmit().size();
    }
    ring.unfinished.add(new Sent(event, framesNow, ring.begunAt, sampled));
  }

  /** The device is about to be reset: nobody will see what is on its way being sent. */
  void end() {
    rings.forEach(this::giveUp);
  }

  private void giveUp(Ring ring) {
    ring.unfinished.forEach(this::tell);
    ring.unfinished.clear();
  }

  private void tell(Sent sent) {
    sent.event().commit();
    if (sent.sampled()) {
      tracing.sent(sent.event(), System.nanoTime() - sent.begunAt());
    }
  }
}
