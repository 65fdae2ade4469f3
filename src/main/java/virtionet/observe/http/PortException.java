package virtionet.observe.http;

/** The port cannot be listened on; the message says why. */
public final class PortException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  PortException(String message, Throwable cause) {
    super(message, cause);
  }
}
