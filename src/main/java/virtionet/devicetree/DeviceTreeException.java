package virtionet.devicetree;

/**
 * A device tree blob, or a property in it, that does not keep the rules; the message names the byte
 * of the blob and the cause.
 */
public final class DeviceTreeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long offset;

  DeviceTreeException(long offset, String cause) {
    super("device tree, byte 0x%x: %s".formatted(offset, cause));
    this.offset = offset;
  }

  /** Bytes from the start of the blob to what is wrong. */
  public long offset() {
    return offset;
  }
}
