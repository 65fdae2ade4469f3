package virtionet.tcpip;

/**
 * The stack cannot do what was asked of it; the message names the cause.
 *
 * @see TcpIp
 */
public final class TcpIpException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public TcpIpException(String message) {
    super(message);
  }

  public TcpIpException(String message, Throwable cause) {
    super(message, cause);
  }
}
