package virtionet.virtio;

/** Offsets in the register window of a virtio-mmio device (VirtIO 1.3 §4.2.2, legacy §4.2.4). */
final class MmioRegister {
  /** Little-endian "virt". */
  static final int MAGIC_VALUE = 0x000;

  /** 2, or 1 for a legacy device. */
  static final int VERSION = 0x004;

  /** Virtio subsystem device id; 0 stands for an empty slot. */
  static final int DEVICE_ID = 0x008;

  static final int VENDOR_ID = 0x00c;

  /** The 32 feature bits chosen by {@link #DEVICE_FEATURES_SEL}. */
  static final int DEVICE_FEATURES = 0x010;

  static final int DEVICE_FEATURES_SEL = 0x014;

  /** The 32 feature bits chosen by {@link #DRIVER_FEATURES_SEL}. */
  static final int DRIVER_FEATURES = 0x020;

  static final int DRIVER_FEATURES_SEL = 0x024;

  /** Legacy: bytes in the unit of {@link #QUEUE_PFN}. */
  static final int GUEST_PAGE_SIZE = 0x028;

  /** Chooses the queue that the registers 0x034 to 0x0c0 stand for. */
  static final int QUEUE_SEL = 0x030;

  /** The largest queue size, in descriptors; 0 where there is no such queue. */
  static final int QUEUE_SIZE_MAX = 0x034;

  static final int QUEUE_SIZE = 0x038;

  /** Legacy: alignment of the used ring, in bytes. */
  static final int QUEUE_ALIGN = 0x03c;

  /** Legacy: page number of the queue; 0 while unused. */
  static final int QUEUE_PFN = 0x040;

  /** 1 once the queue may be used. */
  static final int QUEUE_READY = 0x044;

  /** Doorbell: takes a queue index, or with NOTIFICATION_DATA {@link Virtqueue#notification()}. */
  static final int QUEUE_NOTIFY = 0x050;

  static final int INTERRUPT_STATUS = 0x060;
  static final int INTERRUPT_ACK = 0x064;
  static final int STATUS = 0x070;

  /** Descriptor area; the high half follows at + 4, also in the next two. */
  static final int QUEUE_DESC = 0x080;

  /** Driver area: the available ring of a split queue, the driver's events of a packed one. */
  static final int QUEUE_DRIVER = 0x090;

  /** Device area: the used ring of a split queue, the device's events of a packed one. */
  static final int QUEUE_DEVICE = 0x0a0;

  /** With RING_RESET: 1 starts the reset of a queue, 0 says that none is under way. */
  static final int QUEUE_RESET = 0x0c0;

  /** Changes whenever the configuration space may have changed. */
  static final int CONFIG_GENERATION = 0x0fc;

  /** Start of the device's own configuration space. */
  static final int CONFIG = 0x100;

  static final int MAGIC = 0x74726976;

  private MmioRegister() {}
}
