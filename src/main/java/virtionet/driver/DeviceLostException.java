package virtionet.driver;

/** The device that a stream hung on works no more; the message says why. */
public final class DeviceLostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DeviceLostException(String message) {
    super(message);
  }
}
