package virtionet.observe.trace;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import virtionet.driver.trace.ActorMessage;
import virtionet.driver.trace.ActorRestart;
import virtionet.driver.trace.Delivery;
import virtionet.driver.trace.ReceiveBatch;
import virtionet.driver.trace.Transition;
import virtionet.driver.trace.TransmitBatch;

/** Makes a {@link Trace} of a file. */
final class TraceReader {
  private final Path file;
  private final List<Trace.Message> messages = new ArrayList<>();
  private final List<Trace.Restart> restarts = new ArrayList<>();
  private final List<Trace.Change> changes = new ArrayList<>();
  private final List<Trace.Received> received = new ArrayList<>();
  private final List<Trace.Sent> sent = new ArrayList<>();
  private final List<Trace.Taken> taken = new ArrayList<>();
  private Instant begin = Instant.MAX;
  private Instant end = Instant.MIN;

  TraceReader(Path file) {
    this.file = file;
  }

  Trace read() {
    if (!Files.exists(file)) {
      throw new TraceException("there is no file " + file);
    }
    if (Files.isDirectory(file)) {
      throw new TraceException(file + " is a folder, and no recording");
    }
    if (!Files.isReadable(file)) {
      throw new TraceException(file + " cannot be read: permission denied");
    }
    try (var recording = new RecordingFile(file)) {
      while (recording.hasMoreEvents()) {
        add(recording.readEvent());
      }
    } catch (IOException | RuntimeException e) {
      // The parser trusts what it reads, and throws whatever comes of it.
      throw new TraceException(
          "%s is no flight recording, or a broken one: %s"
              .formatted(file, TraceRecording.reason(e)),
          e);
    }
    if (begin.isAfter(end)) {
      throw new TraceException(
          file + " tells nothing of virtionet's driver: record it with --record FILE.jfr");
    }
    return new Trace(
        begin,
        end,
        inOrder(messages, Trace.Message::at),
        inOrder(restarts, Trace.Restart::at),
        inOrder(changes, Trace.Change::at),
        inOrder(received, Trace.Received::at),
        inOrder(sent, Trace.Sent::at),
        inOrder(taken, Trace.Taken::at));
  }

  /** A recording has each thread's events for itself, and within that in the order of their end. */
  private static <T> List<T> inOrder(List<T> events, Function<T, Instant> time) {
    events.sort(Comparator.comparing(time));
    return List.copyOf(events);
  }

  private void add(RecordedEvent event) {
    boolean ours =
        switch (event.getEventType().getName()) {
          case ActorMessage.NAME -> messages.add(message(event));
          case ActorRestart.NAME -> restarts.add(restart(event));
          case Transition.NAME -> changes.add(change(event));
          case ReceiveBatch.NAME -> received.add(received(event));
          case TransmitBatch.NAME -> sent.add(sent(event));
          case Delivery.NAME -> taken.add(taken(event));
          default -> false;
        };
    if (ours) {
      begin = event.getStartTime().isBefore(begin) ? event.getStartTime() : begin;
      end = event.getEndTime().isAfter(end) ? event.getEndTime() : end;
    }
  }

  private static Trace.Message message(RecordedEvent event) {
    return new Trace.Message(
        event.getStartTime(),
        event.getDuration().toNanos(),
        event.getString("actor"),
        event.getString("kind"),
        event.getString("message"),
        event.getString("outcome"),
        event.getString("failure"));
  }

  private static Trace.Restart restart(RecordedEvent event) {
    return new Trace.Restart(
        event.getStartTime(),
        event.getString("actor"),
        event.getString("decision"),
        event.getString("failure"));
  }

  private static Trace.Change change(RecordedEvent event) {
    return new Trace.Change(
        event.getStartTime(),
        event.getString("device"),
        event.getString("from"),
        event.getString("to"),
        event.getString("reason"),
        event.getLong("lasted"));
  }

  private static Trace.Received received(RecordedEvent event) {
    return new Trace.Received(
        event.getStartTime(),
        event.getDuration().toNanos(),
        event.getString("device"),
        event.getInt("pair"),
        event.getString("cause"),
        event.getLong("interrupt"),
        event.getLong("waited"),
        event.getLong("drained"),
        event.getLong("handedOff"),
        event.getInt("buffers"),
        event.getInt("frames"),
        event.getLong("bytes"),
        event.getInt("malformed"),
        event.getInt("dropped"),
        event.getString("client"),
        event.getLong("position"),
        event.getInt("accepted"),
        event.getInt("depth"),
        event.getInt("posted"));
  }

  private static Trace.Sent sent(RecordedEvent event) {
    return new Trace.Sent(
        event.getStartTime(),
        event.getDuration().toNanos(),
        event.getString("device"),
        event.getInt("pair"),
        event.getLong("queued"),
        event.getLong("published"),
        event.getBoolean("doorbell"),
        event.getInt("frames"),
        event.getLong("bytes"),
        event.getInt("refused"),
        event.getInt("inFlight"),
        event.getInt("waiting"),
        event.getBoolean("completed"));
  }

  private static Trace.Taken taken(RecordedEvent event) {
    return new Trace.Taken(
        event.getStartTime(),
        event.getDuration().toNanos(),
        event.getString("client"),
        event.getLong("position"),
        event.getInt("frames"));
  }
}
