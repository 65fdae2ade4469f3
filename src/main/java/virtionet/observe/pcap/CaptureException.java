package virtionet.observe.pcap;

/**
 * A capture could not be begun; the message names the file and the reason.
 *
 * @see PcapTap
 */
public final class CaptureException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CaptureException(String message, Throwable cause) {
    super(message, cause);
  }
}
