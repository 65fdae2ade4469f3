package virtionet.virtio;

import java.util.StringJoiner;

/** The bits of the device status field (VirtIO 1.3 §2.1). */
public final class DeviceStatus {
  public static final int RESET = 0;
  public static final int ACKNOWLEDGE = 1;
  public static final int DRIVER = 2;
  public static final int DRIVER_OK = 4;
  public static final int FEATURES_OK = 8;
  public static final int NEEDS_RESET = 64;
  public static final int FAILED = 128;

  private static final String[] NAMES = {
    "ACKNOWLEDGE", "DRIVER", "DRIVER_OK", "FEATURES_OK", "bit 4", "bit 5", "NEEDS_RESET", "FAILED"
  };

  private DeviceStatus() {}

  /** Whether no device answers any more: the field has 8 bits, an absent device reads as ones. */
  static boolean isGone(int status) {
    return (status & ~0xff) != 0;
  }

  /** The names of the bits that are set, for people. */
  public static String toString(int status) {
    if (isGone(status)) {
      return "0x%x (no device answers)".formatted(status);
    }
    if (status == RESET) {
      return "reset";
    }
    var names = new StringJoiner("|");
    for (int bit = 0; bit < NAMES.length; bit++) {
      if ((status & (1 << bit)) != 0) {
        names.add(NAMES[bit]);
      }
    }
    return names.toString();
  }
}
