package virtionet.driver;

import java.util.List;
import org.jspecify.annotations.Nullable;
import virtionet.driver.trace.ReceiveBatch;
import virtionet.driver.trace.Recorder;
import virtionet.driver.trace.Tracing;
import virtionet.net.Counter;
import virtionet.net.Counters;
import virtionet.net.FrameBatch;
import virtionet.net.ReceiveQueue;

/**
 * Tells the recorder of each batch of received frames, and whoever watches the driver's work of one
 * in so many; does nothing, and makes no object, while there is neither. For the interrupt state's
 * thread, but for {@link #raised}.
 */
final class ReceiveTrace {
  private static final long UNKNOWN = 0;

  private final String device;
  private final Counters counters;
  private final Tracing tracing;
  private final Sampling sampling;

  /** When the line was raised of which the interrupt state has not yet heard. */
  private volatile long raisedAt = UNKNOWN;

  // Of the look at the rings that goes on.
  private long toldAt = UNKNOWN;
  private String cause = ReceiveBatch.INTERRUPT;
  private long interrupt;

  // Of the batch that is on its way, if it is recorded.
  private @Nullable ReceiveBatch batch;
  private boolean sampled;
  private long begunAt;
  private int postedBefore;
  private long malformedBefore;

  ReceiveTrace(String device, Counters counters, Tracing tracing) {
    this.device = device;
    this.counters = counters;
    this.tracing = tracing;
    sampling = new Sampling(tracing.oneBatchIn());
  }

  private boolean isOn() {
    return Recorder.takesReceived() || sampling.isOn();
  }

  /** The line was raised, and the interrupt state is about to be told; any thread. */
  void raised() {
    if (isOn()) {
      raisedAt = System.nanoTime();
    }
  }

  /** It has heard; from now on the next raise may be told. */
  void heard() {
    if (isOn()) {
      toldAt = raisedAt;
      raisedAt = UNKNOWN;
    }
  }

  /** The rings are looked at, for this cause. */
  void look(String because) {
    if (isOn()) {
      cause = because;
      interrupt = counters.get(Counter.INTERRUPTS);
      if (!because.equals(ReceiveBatch.INTERRUPT)) {
        toldAt = UNKNOWN;
      }
    }
  }

  /** A ring's turn begins. */
  void begin(int pair, ReceiveQueue queue) {
    postedBefore = queue.posted();
    if (!Recorder.takesReceived() && !sampling.isNext()) {
      batch = null;
      return;
    }
    var event = new ReceiveBatch();
    event.device = device;
    event.pair = pair;
    event.cause = cause;
    event.interrupt = interrupt;
    malformedBefore = counters.malformed();
    event.begin();
    begunAt = System.nanoTime();
    event.waited = toldAt == UNKNOWN ? -1 : begunAt - toldAt;
    batch = event;
  }

  /** The frames are out of the ring. */
  void drained(FrameBatch frames, List<Client> clients, ReceiveQueue queue) {
    int buffers = postedBefore - queue.posted();
    sampled = buffers > 0 && sampling.take();
    ReceiveBatch event = batch;
    if (event == null) {
      return;
    }
    event.drained = System.nanoTime() - begunAt;
    event.buffers = buffers;
    event.malformed = (int) (counters.malformed() - malformedBefore);
    event.frames = frames.size();
    for (int i = 0; i < frames.size(); i++) {
      event.bytes += frames.length(i);
    }
    event.clients = clients.size();
    if (!clients.isEmpty()) {
      event.client = clients.getFirst().name();
      event.position = clients.getFirst().receive().given();
    }
  }

  /** So many of them found no client, or none with room. */
  void dropped(int frames) {
    ReceiveBatch event = batch;
    if (event != null) {
      event.dropped += frames;
    }
  }

  /** The others are in the hand-offs. */
  void handedOff(List<Client> clients) {
    ReceiveBatch event = batch;
    if (event == null) {
      return;
    }
    event.handedOff = System.nanoTime() - begunAt;
    if (!clients.isEmpty()) {
      HandOff first = clients.getFirst().receive();
      event.accepted = (int) (first.given() - event.position);
      event.depth = first.size();
    }
  }

  /** The ring is refilled, and the clients are woken. */
  void end(ReceiveQueue queue) {
    ReceiveBatch event = batch;
    if (event == null) {
      return;
    }
    batch = null;
    if (event.buffers > 0) {
      event.posted = queue.posted();
      event.commit();
      if (sampled) {
        tracing.received(event, System.nanoTime() - begunAt);
      }
    }
  }
}
