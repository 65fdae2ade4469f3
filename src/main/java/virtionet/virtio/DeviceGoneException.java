package virtionet.virtio;

/**
 * No device answers any more: a register reads as no device can have it. It is not written to again
 * (VirtIO 1.3 §2.1: the status field has 8 bits).
 */
public final class DeviceGoneException extends VirtioException {
  private static final long serialVersionUID = 1L;

  DeviceGoneException(int status) {
    this("its status reads as " + DeviceStatus.toString(status));
  }

  DeviceGoneException(String sign) {
    super("the device is gone: " + sign);
  }
}
