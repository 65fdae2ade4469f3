package virtionet.observe.trace;

/** A recording cannot be made, or cannot be read; the message says which file, and why. */
public final class TraceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public TraceException(String message) {
    super(message);
  }

  public TraceException(String message, Throwable cause) {
    super(message, cause);
  }
}
