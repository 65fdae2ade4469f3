package virtionet.testing;

import java.util.EnumSet;
import java.util.Set;
import virtionet.net.MacAddress;

/**
 * What kind of device a model is.
 *
 * @param version 2, or 1 for legacy
 * @param features that it offers
 * @param queueSizeMax of each queue; 0: there is none
 * @param pairs queue pairs that it has once MQ or RSS is accepted
 */
public record ModelSettings(
    int magic,
    int version,
    int deviceId,
    long features,
    MacAddress mac,
    int mtu,
    int queueSizeMax,
    int pairs,
    Set<Fault> faults) {

  public static final long MTU = 1L << 3;
  public static final long MAC = 1L << 5;
  public static final long MRG_RXBUF = 1L << 15;
  public static final long STATUS = 1L << 16;
  public static final long CTRL_VQ = 1L << 17;

  /**
   * The control queue, and all that needs it but does not change how frames flow, and of which the
   * driver makes no use by itself.
   */
  public static final long CONTROL =
      CTRL_VQ | 1L << 2 | 1L << 18 | 1L << 19 | 1L << 20 | 1L << 21 | 1L << 23 | 1L << 52;

  /** Coalescing; needs the control queue. */
  public static final long NOTF_COAL = 1L << 53;

  public static final long MQ = 1L << 22;
  public static final long RSS = 1L << 60;
  public static final long SPEED_DUPLEX = 1L << 63;
  public static final long ANY_LAYOUT = 1L << 27;
  public static final long INDIRECT_DESC = 1L << 28;
  public static final long EVENT_IDX = 1L << 29;
  public static final long VERSION_1 = 1L << 32;
  public static final long ACCESS_PLATFORM = 1L << 33;
  public static final long RING_PACKED = 1L << 34;
  public static final long IN_ORDER = 1L << 35;
  public static final long ORDER_PLATFORM = 1L << 36;
  public static final long NOTIFICATION_DATA = 1L << 38;
  public static final long RING_RESET = 1L << 40;

  /** All that shapes a virtqueue of a modern device, beside EVENT_IDX. */
  public static final long ALL_RING_FEATURES =
      INDIRECT_DESC | RING_PACKED | IN_ORDER | ORDER_PLATFORM | NOTIFICATION_DATA | RING_RESET;

  /** What a device can do wrong from the start. */
  public enum Fault {
    /** Status does not go back to 0. */
    NEVER_RESETS,
    /** FEATURES_OK is taken back. */
    REFUSES_FEATURES,
    /** QueueReady stays 0, or QueuePFN. */
    QUEUES_NOT_READY,
    /** QueueReady is 1, or QueuePFN set, before anybody used the queue. */
    QUEUES_IN_USE,
    /** Each reading of the configuration differs from the one before. */
    CONFIG_NEVER_RESTS,
    /** There is no register QueueReset, although RING_RESET is offered: QEMU 7.2. */
    LACKS_QUEUE_RESET,
    /** QueueReset stays 1. */
    QUEUE_NEVER_RESETS,
    /** DRIVER_OK makes it ask for a reset. */
    NEEDS_RESET_AT_START,
    /** CTRL_VQ is offered, and there is no such queue. */
    NO_CONTROL_QUEUE,
    /**
     * Legacy: used rings are looked for right behind the available ones, whatever QueueAlign says.
     */
    IGNORES_QUEUE_ALIGN
  }

  /** A sound device with registers of version 2. */
  public static ModelSettings modern() {
    return new ModelSettings(
        0x74726976,
        2,
        1,
        MAC | STATUS | EVENT_IDX | VERSION_1,
        MacAddress.parse("52:54:00:12:34:56"),
        1500,
        256,
        2,
        EnumSet.noneOf(Fault.class));
  }

  /** A sound device with legacy registers. */
  public static ModelSettings legacy() {
    return new ModelSettings(
        0x74726976,
        1,
        1,
        MAC | STATUS | EVENT_IDX | ANY_LAYOUT,
        MacAddress.parse("52:54:00:12:34:56"),
        1500,
        256,
        2,
        EnumSet.noneOf(Fault.class));
  }

  public boolean isLegacy() {
    return version == 1;
  }

  public ModelSettings withIdentity(int newMagic, int newVersion, int newDeviceId) {
    return new ModelSettings(
        newMagic, newVersion, newDeviceId, features, mac, mtu, queueSizeMax, pairs, faults);
  }

  public ModelSettings offering(long more) {
    return withFeatures(features | more);
  }

  public ModelSettings without(long fewer) {
    return withFeatures(features & ~fewer);
  }

  private ModelSettings withFeatures(long newFeatures) {
    return new ModelSettings(
        magic, version, deviceId, newFeatures, mac, mtu, queueSizeMax, pairs, faults);
  }

  public ModelSettings withMac(String text) {
    return new ModelSettings(
        magic,
        version,
        deviceId,
        features,
        MacAddress.parse(text),
        mtu,
        queueSizeMax,
        pairs,
        faults);
  }

  /** Offers this MTU. */
  public ModelSettings withMtu(int newMtu) {
    return new ModelSettings(
        magic, version, deviceId, features | MTU, mac, newMtu, queueSizeMax, pairs, faults);
  }

  public ModelSettings withQueueSizeMax(int newMax) {
    return new ModelSettings(magic, version, deviceId, features, mac, mtu, newMax, pairs, faults);
  }

  /** Has so many queue pairs, of which more than the first are used once MQ is accepted. */
  public ModelSettings withPairs(int newPairs) {
    return new ModelSettings(
        magic,
        version,
        deviceId,
        features | MQ | CTRL_VQ,
        mac,
        mtu,
        queueSizeMax,
        newPairs,
        faults);
  }

  public ModelSettings with(Fault fault) {
    Set<Fault> more = EnumSet.of(fault);
    more.addAll(faults);
    return new ModelSettings(
        magic, version, deviceId, features, mac, mtu, queueSizeMax, pairs, more);
  }

  boolean has(Fault fault) {
    return faults.contains(fault);
  }

  @Override
  public String toString() {
    return "version %d, features 0x%x%s"
        .formatted(version, features, faults.isEmpty() ? "" : ", " + faults);
  }
}
