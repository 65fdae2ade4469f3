package virtionet.virtio;

/** Hears of the steps of a device's start (VirtIO 1.3 §3.1.1) as they are done. */
public interface StartListener {
  /** Nobody listens. */
  StartListener NONE =
      new StartListener() {
        @Override
        public void status(int status) {}

        @Override
        public void features(FeatureReport features) {}
      };

  /**
   * The device was told of its status, or has confirmed its reset.
   *
   * @param status bits of {@link DeviceStatus}
   */
  void status(int status);

  /** It was decided which features to accept; the device has not been told. */
  void features(FeatureReport features);
}
