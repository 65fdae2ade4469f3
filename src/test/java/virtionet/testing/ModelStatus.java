package virtionet.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import virtionet.testing.ModelSettings.Fault;

/**
 * A model's status and features (VirtIO 1.3 §2.1, §2.2), and what the driver must not do with them.
 * Guarded by its model's lock.
 */
final class ModelStatus {
  private static final int ACKNOWLEDGE_AND_DRIVER = 3;
  private static final int DRIVER_OK = 4;
  private static final int FEATURES_OK = 8;
  private static final int NEEDS_RESET = 64;
  private static final int FAILED = 128;

  private final ModelSettings settings;
  private final Consumer<String> violations;
  private final List<Integer> writes = new ArrayList<>();
  private int value;
  private boolean needsResetAtEachStart;
  private int deviceFeaturesWord;
  private int driverFeaturesWord;
  private long driverFeatures;

  ModelStatus(ModelSettings settings, Consumer<String> violations) {
    this.settings = settings;
    this.violations = violations;
  }

  int value() {
    return value;
  }

  /** Each value that was written. */
  List<Integer> writes() {
    return List.copyOf(writes);
  }

  /** Whether the driver has said that it is ready. */
  boolean isStarted() {
    return (value & DRIVER_OK) != 0;
  }

  boolean needsReset() {
    return (value & NEEDS_RESET) != 0;
  }

  /** Whether it is started, and neither side has given the other up. */
  boolean works() {
    return isStarted() && (value & (NEEDS_RESET | FAILED)) == 0;
  }

  /** What the driver has accepted. */
  long features() {
    return driverFeatures;
  }

  /** Whether one of these features was accepted. */
  boolean accepted(long features) {
    return (driverFeatures & features) != 0;
  }

  void selectDeviceFeatures(int word) {
    deviceFeaturesWord = word;
  }

  int deviceFeatures() {
    return (int) (settings.features() >>> (32 * deviceFeaturesWord));
  }

  void selectDriverFeatures(int word) {
    driverFeaturesWord = word;
  }

  void acceptFeatures(int word) {
    if ((value & ACKNOWLEDGE_AND_DRIVER) != ACKNOWLEDGE_AND_DRIVER
        || (value & (FEATURES_OK | DRIVER_OK)) != 0) {
      violations.accept("features accepted in status 0x%x".formatted(value));
    }
    int shift = 32 * driverFeaturesWord;
    long placed = Integer.toUnsignedLong(word) << shift;
    driverFeatures = (driverFeatures & ~(0xffff_ffffL << shift)) | placed;
    if ((driverFeatures & ~settings.features()) != 0) {
      violations.accept("features 0x%x accepted that were not offered".formatted(driverFeatures));
    }
  }

  void checkQueueSetUp() {
    int needed = ACKNOWLEDGE_AND_DRIVER | (settings.isLegacy() ? 0 : FEATURES_OK);
    // Later only a queue that was reset on its own is set up again (§2.6.1.2).
    boolean late = isStarted() && !accepted(ModelSettings.RING_RESET);
    if ((value & needed) != needed || late) {
      violations.accept("a queue set up in status 0x%x".formatted(value));
    }
  }

  void recordWrite(int written) {
    writes.add(written);
  }

  /** Whether this value, when it is set, starts the device. */
  boolean starts(int written) {
    return (written & ~value & DRIVER_OK) != 0;
  }

  /** Takes a value that is not 0. */
  void set(int written) {
    if ((value & ~NEEDS_RESET & ~written) != 0) {
      violations.accept("status bits taken back: 0x%x after 0x%x".formatted(written, value));
    }
    if (!settings.isLegacy()
        && (written & DRIVER_OK) != 0
        && (written & FEATURES_OK) == 0
        && (written & FAILED) == 0) {
      violations.accept("DRIVER_OK without FEATURES_OK");
    }
    boolean refused = settings.has(Fault.REFUSES_FEATURES);
    value = written & ~(refused ? FEATURES_OK : 0);
    if (needsResetAtEachStart && isStarted()) {
      needReset();
    }
  }

  void needReset() {
    value |= NEEDS_RESET;
  }

  /** Whether each start is to end with a wish for a reset. */
  void needResetAtEachStart(boolean each) {
    needsResetAtEachStart = each;
  }

  void reset() {
    value = 0;
    driverFeatures = 0;
    driverFeaturesWord = 0;
    deviceFeaturesWord = 0;
  }
}
