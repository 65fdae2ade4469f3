package virtionet.testing;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import virtionet.machine.Registers;

/**
 * A device's registers, with a referee before them who knows the rules of virtio-mmio (VirtIO 1.3
 * §3.1, §4.2) and reports each access that breaks one. It judges by the accesses alone, so that any
 * device may stand behind it. Any thread.
 */
public final class RegisterRules implements Registers {
  private static final int DEVICE_FEATURES = 0x010;
  private static final int DRIVER_FEATURES = 0x020;
  private static final int QUEUE_SIZE_MAX = 0x034;
  private static final int QUEUE_SIZE = 0x038;
  private static final int QUEUE_ALIGN = 0x03c;
  private static final int QUEUE_PFN = 0x040;
  private static final int QUEUE_READY = 0x044;
  private static final int QUEUE_RESET = 0x0c0;
  private static final int QUEUE_NOTIFY = 0x050;
  private static final int INTERRUPT_STATUS = 0x060;
  private static final int INTERRUPT_ACK = 0x064;
  private static final int STATUS = 0x070;

  /** What a driver has done with a queue since the reset. */
  private static final class Queue {
    private boolean lookedWhetherItIsFree;
    private long largest = -1;
    private boolean sized;
    private boolean aligned;
    private final Set<Integer> addressesWritten = new TreeSet<>();
    private boolean live;
    private boolean stopUnconfirmed;
  }

  private final Registers device;
  private final Consumer<String> violations;
  private final Map<Integer, Queue> queues = new HashMap<>();
  private int identified;
  private boolean legacy;
  private boolean everReset;
  private boolean resetUnconfirmed;
  private int status;
  private boolean featuresConfirmed;
  private Optional<Integer> deviceWord = Optional.empty();
  private Optional<Integer> driverWord = Optional.empty();
  private Optional<Integer> selected = Optional.empty();
  private long offered;
  private int wordsRead;
  private long accepted;
  private int wordsWritten;
  private boolean pageSizeWritten;
  private int unacknowledged;

  /**
   * @param violations told of what the driver did that it must not do
   */
  public RegisterRules(Registers device, Consumer<String> violations) {
    this.device = device;
    this.violations = violations;
  }

  private void broken(String rule) {
    violations.accept(rule);
  }

  @Override
  public long size() {
    return device.size();
  }

  @Override
  public synchronized int read8(long offset) {
    checkConfig(offset, 1);
    return device.read8(offset);
  }

  @Override
  public synchronized int read16(long offset) {
    checkConfig(offset, 2);
    return device.read16(offset);
  }

  @Override
  public synchronized void write8(long offset, int value) {
    broken("write of 1 byte at 0x%x: no register is so narrow (§4.2.2.2)".formatted(offset));
    device.write8(offset, value);
  }

  @Override
  public synchronized int read32(long offset) {
    if (offset >= RegisterMap.CONFIG) {
      checkConfig(offset, 4);
      return device.read32(offset);
    }
    int register = (int) offset;
    checkKnown(register, RegisterMap.isReadable(register, legacy), "read");
    checkSelected(register);
    if (register == DEVICE_FEATURES) {
      checkWord(deviceWord, "DeviceFeaturesSel");
    }
    if (register == QUEUE_SIZE_MAX && legacy && queue().live) {
      broken("QueueNumMax read while QueuePFN is not 0 (§4.2.4)");
    }
    int value = device.read32(offset);
    switch (register) {
      case 0x000 -> identified = value == 0x74726976 ? Math.max(identified, 1) : 0;
      case 0x004 -> {
        identified = identified > 0 && (value == 1 || value == 2) ? Math.max(identified, 2) : 0;
        legacy = value == 1;
      }
      case 0x008 -> identified = identified > 1 && value != 0 ? 3 : 0;
      case DEVICE_FEATURES -> learnOffer(value);
      case QUEUE_SIZE_MAX -> queue().largest = Integer.toUnsignedLong(value);
      case QUEUE_PFN -> queue().lookedWhetherItIsFree = true;
      case QUEUE_READY -> {
        queue().lookedWhetherItIsFree = true;
        queue().stopUnconfirmed = false;
      }
      case INTERRUPT_STATUS -> unacknowledged |= value;
      case STATUS -> learnStatus(value);
      default -> {}
    }
    return value;
  }

  /**
   * Magic, version, device id, in this order; nothing else before, nothing else after a bad one.
   */
  private void checkKnown(int register, boolean known, String access) {
    boolean next = RegisterMap.IDENTITY.contains(register) && register <= 4 * identified;
    if (identified < 3 && !(access.equals("read") && next)) {
      broken(
          "%s of register 0x%x before magic, version and device id were found good (§4.2.3.1.1)"
              .formatted(access, register));
    }
    if (register % 4 != 0 || !known) {
      broken(
          "%s of register 0x%x, which a device of version %d does not have so (§4.2.2)"
              .formatted(access, register, legacy ? 1 : 2));
    }
  }

  private void checkSelected(int register) {
    if (RegisterMap.OF_A_QUEUE.contains(register) && selected.isEmpty()) {
      broken("register 0x%x of a queue before QueueSel".formatted(register));
    }
  }

  private void checkWord(Optional<Integer> word, String selector) {
    if (word.isEmpty() || word.get() < 0 || word.get() > (legacy ? 0 : 1)) {
      broken("a word of features with %s %s (§4.2.2.2)".formatted(selector, word));
    }
  }

  private void learnOffer(int value) {
    int word = deviceWord.orElse(0);
    offered |= Integer.toUnsignedLong(value) << (32 * word);
    wordsRead |= 1 << word;
  }

  private void learnStatus(int value) {
    if (value == 0) {
      resetUnconfirmed = false;
    }
    featuresConfirmed |= (status & 8) != 0 && (value & 8) != 0;
  }

  private void checkConfig(long offset, int bytes) {
    RegisterMap.problem(offset, bytes, offered).ifPresent(violations);
  }

  private boolean isOffered(int bit) {
    return (offered >>> bit & 1) != 0;
  }

  @Override
  public synchronized void write32(long offset, int value) {
    if (offset >= RegisterMap.CONFIG) {
      broken("write of the configuration at %d (§5.1.4.2)".formatted(offset - RegisterMap.CONFIG));
    } else {
      int register = (int) offset;
      checkKnown(register, RegisterMap.isWritable(register, legacy), "write");
      checkSelected(register);
      checkTime(register);
      judge(register, value);
    }
    device.write32(offset, value);
  }

  /** What may be written when. */
  private void checkTime(int register) {
    if (register == STATUS) {
      return;
    }
    if (resetUnconfirmed || !everReset) {
      broken(
          "write of register 0x%x before a reset was read back as 0 (§2.4.2)".formatted(register));
    }
    if ((status & 128) != 0 && register != INTERRUPT_ACK) {
      broken("write of register 0x%x after FAILED (§3.1.1)".formatted(register));
    }
    for (Queue queue : queues.values()) {
      if (queue.stopUnconfirmed) {
        broken("QueueReady was set to 0 and not read back (§4.2.2.2)");
      }
    }
  }

  private void judge(int register, int value) {
    switch (register) {
      case 0x014 -> deviceWord = Optional.of(value);
      case 0x024 -> driverWord = Optional.of(value);
      case DRIVER_FEATURES -> accept(value);
      case 0x028 -> {
        pageSizeWritten = true;
        if (Integer.bitCount(value) != 1 || !queues.isEmpty()) {
          broken("GuestPageSize %d, or after a queue was touched (§4.2.4)".formatted(value));
        }
      }
      case 0x030 -> selected = Optional.of(value);
      case QUEUE_SIZE -> {
        checkStopped(register);
        queue().sized = true;
        if (queue().largest < 0 || Integer.toUnsignedLong(value) > queue().largest) {
          broken(
              "QueueSize %d where the largest is %d (§4.2.2.2)".formatted(value, queue().largest));
        }
      }
      case QUEUE_ALIGN -> {
        checkStopped(register);
        queue().aligned = true;
        if (Integer.bitCount(value) != 1) {
          broken("QueueAlign %d is no power of two (§4.2.4)".formatted(value));
        }
      }
      case QUEUE_PFN -> startLegacy(value);
      case QUEUE_READY -> start(value);
      // The device takes its hands off: the queue is set up as a new one (§4.2.2.1).
      case QUEUE_RESET -> queue().live = false;
      case QUEUE_NOTIFY -> {
        Queue queue = queues.get(value & 0xffff);
        if ((status & 4) == 0) {
          broken("doorbell before DRIVER_OK (§3.1.1)");
        } else if (queue == null || !queue.live) {
          broken("doorbell 0x%x of no queue".formatted(value));
        }
      }
      case INTERRUPT_ACK -> {
        if ((value & ~3) != 0 || (value & ~unacknowledged) != 0) {
          broken(
              "acknowledges 0x%x after 0x%x was read (§4.2.2.2)".formatted(value, unacknowledged));
        }
        unacknowledged &= ~value;
      }
      case STATUS -> setStatus(value);
      default -> {
        if (RegisterMap.ADDRESSES.contains(register)) {
          checkStopped(register);
          queue().addressesWritten.add(register);
        }
      }
    }
  }

  private Queue queue() {
    return queues.computeIfAbsent(selected.orElse(-1), number -> new Queue());
  }

  private void checkStopped(int register) {
    if (queue().live) {
      broken("write of register 0x%x of a queue that is in use (§4.2.2.2)".formatted(register));
    }
  }

  private void accept(int value) {
    checkWord(driverWord, "DriverFeaturesSel");
    int word = driverWord.orElse(0);
    if ((wordsRead & 1 << word) == 0) {
      broken("features accepted before they were read (§3.1.1)");
    }
    if ((status & ~64) != 3) {
      broken("features accepted in status 0x%x (§3.1.1)".formatted(status));
    }
    long bits = Integer.toUnsignedLong(value) << (32 * word);
    if ((bits & ~offered) != 0) {
      broken("features 0x%x accepted that were not offered (§2.2.1)".formatted(bits & ~offered));
    }
    accepted |= bits;
    wordsWritten |= 1 << word;
  }

  private void checkAccepted() {
    if (wordsWritten != (legacy ? 1 : 3)) {
      broken("words of features written: 0x%x (§3.1.1)".formatted(wordsWritten));
    }
    if (!legacy && (accepted & ModelSettings.VERSION_1) == 0 && isOffered(32)) {
      broken("VERSION_1 is not accepted (§6.1)");
    }
    FeatureRules.problems(accepted, legacy).forEach(violations);
  }

  private void checkQueueTime() {
    int needed = legacy ? 3 : 11;
    if ((status & needed) != needed || !(legacy || featuresConfirmed)) {
      broken("a queue is started in status 0x%x (§3.1.1)".formatted(status));
    }
    if (!queue().lookedWhetherItIsFree || !queue().sized) {
      broken("a queue is started that was not looked at, or has no size (§4.2.3.2)");
    }
  }

  private void startLegacy(int page) {
    if (page == 0) {
      queue().live = false;
      return;
    }
    checkQueueTime();
    checkStopped(QUEUE_PFN);
    if (!queue().aligned || !pageSizeWritten) {
      broken("QueuePFN before QueueAlign or GuestPageSize (§4.2.4)");
    }
    queue().live = true;
  }

  private void start(int ready) {
    if (ready == 0) {
      queue().live = false;
      queue().stopUnconfirmed = true;
      return;
    }
    checkQueueTime();
    if (ready != 1 || queue().addressesWritten.size() != RegisterMap.ADDRESSES.size()) {
      broken("QueueReady %d with the addresses %s".formatted(ready, queue().addressesWritten));
    }
    queue().live = true;
  }

  private void setStatus(int value) {
    if (value == 0) {
      forget();
      return;
    }
    int added = value & ~status;
    if (!everReset || resetUnconfirmed) {
      broken("status 0x%x before a reset was read back as 0 (§3.1.1)".formatted(value));
    }
    if ((status & 128) != 0) {
      broken("status 0x%x after FAILED: only a reset may follow (§2.1.1)".formatted(value));
    }
    if ((status & ~value) != 0) {
      broken("status bits taken back: 0x%x after 0x%x (§2.1.1)".formatted(value, status));
    }
    switch (added & ~128) {
      case 0 -> {}
      case 1 -> checkStep(0, value);
      case 2 -> checkStep(1, value);
      case 8 -> {
        checkStep(3, value);
        checkAccepted();
        if (legacy) {
          broken("FEATURES_OK is not known to a legacy device (§3.1.2)");
        }
      }
      case 4 -> {
        checkStep(legacy ? 3 : 11, value);
        checkReady();
      }
      default ->
          broken("status 0x%x after 0x%x: steps were skipped (§3.1.1)".formatted(value, status));
    }
    status = value;
  }

  private void checkStep(int before, int value) {
    if (status != before) {
      broken("status 0x%x after 0x%x: not in order (§3.1.1)".formatted(value, status));
    }
  }

  private void checkReady() {
    if (legacy) {
      checkAccepted();
    } else if (!featuresConfirmed) {
      broken("DRIVER_OK, and FEATURES_OK was not read back (§3.1.1)");
    }
    for (int number = 0; number < 2; number++) {
      Queue queue = queues.get(number);
      if (queue == null || !queue.live) {
        broken("DRIVER_OK before queue %d was set up (§3.1.1)".formatted(number));
      }
    }
  }

  private void forget() {
    everReset = true;
    resetUnconfirmed = true;
    status = 0;
    featuresConfirmed = false;
    deviceWord = Optional.empty();
    driverWord = Optional.empty();
    selected = Optional.empty();
    queues.clear();
    offered = 0;
    wordsRead = 0;
    accepted = 0;
    wordsWritten = 0;
    pageSizeWritten = false;
    unacknowledged = 0;
  }
}
