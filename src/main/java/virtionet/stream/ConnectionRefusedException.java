package virtionet.stream;

/**
 * No stream of frames can be had; the message says why.
 *
 * @see virtionet.VirtioNet
 */
public final class ConnectionRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ConnectionRefusedException(String message) {
    super(message);
  }
}
