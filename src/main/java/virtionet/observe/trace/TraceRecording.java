package virtionet.observe.trace;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Event;
import jdk.jfr.Recording;
import jdk.jfr.RecordingState;
import virtionet.driver.trace.ActorMessage;
import virtionet.driver.trace.ActorRestart;
import virtionet.driver.trace.Delivery;
import virtionet.driver.trace.ReceiveBatch;
import virtionet.driver.trace.Transition;
import virtionet.driver.trace.TransmitBatch;

/**
 * A flight recording of all that the drivers of this JVM tell, those of the data path included. The
 * JDK keeps it in a folder of its own below {@code java.io.tmpdir} until it ends, or the JVM does.
 *
 * <pre>{@code
 * try (var recording = TraceRecording.start(Path.of("net.jfr"))) {
 *   // traffic
 *   recording.write();
 * }
 * Trace trace = Trace.read(Path.of("net.jfr"));
 * }</pre>
 */
public final class TraceRecording implements AutoCloseable {
  /** Bytes that a recording keeps, about: what is older gives way. */
  public static final long MOST_BYTES = 64L << 20;

  private static final long NEEDED_BYTES = 2 * MOST_BYTES;

  private static final List<Class<? extends Event>> EVENTS =
      List.of(
          ActorMessage.class,
          ActorRestart.class,
          Transition.class,
          ReceiveBatch.class,
          TransmitBatch.class,
          Delivery.class);

  private final Path file;
  private final Recording recording;

  private TraceRecording(Path file, Recording recording) {
    this.file = file;
    this.recording = recording;
  }

  /**
   * Begins a recording.
   *
   * @param file where it will be; made, or emptied, at once
   * @throws TraceException when the file cannot be written, or this JVM cannot record
   */
  public static TraceRecording start(Path file) {
    Recording recording = null;
    try {
      requireSpace();
      recording = new Recording();
      recording.setName("virtionet");
      recording.setMaxSize(MOST_BYTES);
      // For a JVM that ends before anybody calls write().
      recording.setDestination(file);
      recording.setDumpOnExit(true);
      for (Class<? extends Event> event : EVENTS) {
        recording.enable(event);
      }
      recording.start();
      return new TraceRecording(file, recording);
    } catch (IOException | RuntimeException e) {
      if (recording != null) {
        recording.close();
      }
      throw e instanceof TraceException known ? known : cannotWrite(file, e);
    }
  }

  /** A full disk below the recorder does not end a recording, it ends the JVM. */
  private static void requireSpace() throws IOException {
    Path folder = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
    long free = Files.getFileStore(folder).getUsableSpace();
    if (free < NEEDED_BYTES) {
      throw new TraceException(
          "a recording needs %d MiB in %s, where %d are free; -Djava.io.tmpdir names another folder"
              .formatted(NEEDED_BYTES >> 20, folder, free >> 20));
    }
  }

  private static TraceException cannotWrite(Path file, Exception why) {
    return new TraceException(
        "the recording %s cannot be written: %s".formatted(file, reason(why)), why);
  }

  /** Exceptions of files have a name of their own, and often nothing but the file to say. */
  static String reason(Exception why) {
    String message = why.getMessage();
    String type = why.getClass().getSimpleName();
    return message == null ? type : type + ": " + message;
  }

  /**
   * Ends the recording and writes it.
   *
   * @throws TraceException when it cannot be written: what was recorded is lost
   */
  public void write() {
    try {
      // Else the recorder would write it as well, and log what goes wrong instead of telling it.
      if (withoutDestination()) {
        recording.stop();
        recording.dump(file);
      }
    } catch (IOException | RuntimeException e) {
      throw cannotWrite(file, e);
    }
  }

  /** False when the JVM is ending, and the recorder has written the file. */
  private boolean withoutDestination() throws IOException {
    try {
      recording.setDestination(null);
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  /** Lets go of what was not written. */
  @Override
  public void close() {
    if (recording.getState() != RecordingState.CLOSED) {
      recording.close();
    }
  }
}
