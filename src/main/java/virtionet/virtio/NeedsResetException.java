package virtionet.virtio;

/** The device met an error while it was started, and asks to be reset (VirtIO 1.3 §2.1.1). */
public final class NeedsResetException extends VirtioException {
  private static final long serialVersionUID = 1L;

  NeedsResetException(String message) {
    super(message);
  }
}
