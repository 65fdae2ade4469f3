package virtionet.virtio;

/** The names of virtio's device types (VirtIO 1.3 §5). */
final class DeviceTypes {
  private static final String[] NAMES = {
    "reserved",
    "network card",
    "block device",
    "console",
    "entropy source",
    "memory balloon (traditional)",
    "ioMemory",
    "rpmsg",
    "SCSI host",
    "9P transport",
    "mac80211 wlan",
    "rproc serial",
    "CAIF",
    "memory balloon",
    "device type 14",
    "device type 15",
    "GPU",
    "timer/clock",
    "input device",
    "socket device",
    "crypto device"
  };

  private DeviceTypes() {}

  static String name(int type) {
    return type > 0 && type < NAMES.length
        ? NAMES[type]
        : "device type " + Integer.toUnsignedString(type);
  }
}
