package virtionet.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import virtionet.observe.trace.TraceException;
import virtionet.observe.trace.TraceRecording;

/**
 * A recording of what a command's driver does. What goes wrong with it is said, and the command
 * goes on. When the user ends the command, the JDK writes it.
 */
final class SessionRecording implements AutoCloseable {
  /** Begun, unless there is to be none or it cannot be made. */
  private record Running(TraceRecording recording, Path file, PrintWriter err) {}

  private final Optional<Running> running;

  private SessionRecording(Optional<Running> running) {
    this.running = running;
  }

  /** None is wanted. */
  static SessionRecording none() {
    return new SessionRecording(Optional.empty());
  }

  /**
   * Begins one.
   *
   * @param err where it is said what becomes of it
   */
  static SessionRecording of(Path file, PrintWriter err) {
    try {
      return new SessionRecording(Optional.of(new Running(TraceRecording.start(file), file, err)));
    } catch (TraceException e) {
      say(err, "nothing is recorded: " + e.getMessage());
      return none();
    }
  }

  /** Ends it and writes it. */
  @Override
  public void close() {
    running.ifPresent(SessionRecording::write);
  }

  private static void write(Running one) {
    try (TraceRecording recording = one.recording()) {
      recording.write();
      say(one.err(), "recording %s: `trace` shows it".formatted(one.file()));
    } catch (TraceException e) {
      say(one.err(), "what was recorded is lost: " + e.getMessage());
    }
  }

  private static void say(PrintWriter err, String sentence) {
    err.println(sentence);
    err.flush();
  }
}
