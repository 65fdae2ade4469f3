package virtionet.virtio;

/** The device cannot be used as it should; the message names the cause and the remedy. */
public class VirtioException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public VirtioException(String message) {
    super(message);
  }
}
