package virtionet.observe.trace;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import virtionet.driver.trace.ReceiveBatch;

/**
 * What a flight recording tells of the driver, each list in the order of time. Times that were
 * spent are in nanoseconds.
 *
 * @param begin when the first event began
 * @param end when the last one ended
 */
public record Trace(
    Instant begin,
    Instant end,
    List<Message> messages,
    List<Restart> restarts,
    List<Change> changes,
    List<Received> received,
    List<Sent> sent,
    List<Taken> taken) {

  /** An actor has handled something; see {@link virtionet.driver.trace.ActorMessage}. */
  public record Message(
      Instant at,
      long nanos,
      String actor,
      String kind,
      String message,
      String outcome,
      String failure) {}

  /** What became of an actor that failed; see {@link virtionet.driver.trace.ActorRestart}. */
  public record Restart(Instant at, String actor, String decision, String failure) {}

  /** A device is in another state; see {@link virtionet.driver.trace.Transition}. */
  public record Change(
      Instant at, String device, String from, String to, String reason, long lasted) {}

  /** A batch of received frames; see {@link ReceiveBatch}. */
  public record Received(
      Instant at,
      long nanos,
      String device,
      int pair,
      String cause,
      long interrupt,
      long waited,
      long drained,
      long handedOff,
      int buffers,
      int frames,
      long bytes,
      int malformed,
      int dropped,
      String client,
      long position,
      int accepted,
      int depth,
      int posted) {

    /** Whether it is the first of an interrupt. */
    public boolean isFirst() {
      return waited >= 0;
    }
  }

  /** A batch of frames to transmit; see {@link virtionet.driver.trace.TransmitBatch}. */
  public record Sent(
      Instant at,
      long nanos,
      String device,
      int pair,
      long queued,
      long published,
      boolean doorbell,
      int frames,
      long bytes,
      int refused,
      int inFlight,
      int waiting,
      boolean completed) {}

  /** A client has taken frames; see {@link virtionet.driver.trace.Delivery}. */
  public record Taken(Instant at, long nanos, String client, long position, int frames) {

    /** The position behind the last of them. */
    public long end() {
      return position + frames;
    }
  }

  /**
   * Reads a recording, also one that somebody else made and that holds other events too.
   *
   * @throws TraceException when there is no such file, it is no recording, or tells nothing of a
   *     driver
   */
  public static Trace read(Path file) {
    return new TraceReader(file).read();
  }
}
