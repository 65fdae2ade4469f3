package virtionet.testing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * What a model hashes received frames for, and what the driver must not tell it of that (VirtIO 1.3
 * §5.1.6.4.3, §5.1.6.5.6.4, §5.1.6.5.7). Its hashes are not computed but given by the test. Guarded
 * by its model's lock.
 */
public final class ModelHashes {
  public static final long HASH_REPORT = 1L << 57;

  /** Bytes of the header with HASH_REPORT, both ways. */
  public static final int HEADER_LENGTH = 20;

  private static final int VALUE = 12;
  private static final int REPORT = 16;
  private static final int RSS_CONFIG = 0x401;
  private static final int HASH_CONFIG = 0x402;

  /** What the configuration says, unless a test has it say something else. */
  private int maxKeySize = 40;

  private int maxTableLength = 128;
  private int supportedTypes = 0x1ff;

  private final Consumer<String> violations;
  private Optional<Steering> steering = Optional.empty();
  private int reportedTypes;
  private int problems;

  /**
   * How it steers.
   *
   * @param table receive queues from 0 on
   * @param key in hex
   */
  public record Steering(int types, int unclassified, List<Integer> table, int pairs, String key) {}

  ModelHashes(Consumer<String> violations) {
    this.violations = violations;
  }

  /** Says these of itself. */
  public synchronized void limits(int keySize, int tableLength, int types) {
    maxKeySize = keySize;
    maxTableLength = tableLength;
    supportedTypes = types;
  }

  /** How it was told to steer last, if by hash. */
  public synchronized Optional<Steering> steering() {
    return steering;
  }

  /** Which hashes it was told to report, as {@code hash_types}. */
  public synchronized int reportedTypes() {
    return reportedTypes;
  }

  /**
   * The header of a frame for which there is this hash, of the length that a device with it has.
   */
  public static byte[] header(int value, int report) {
    return ByteBuffer.allocate(HEADER_LENGTH)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort(10, (short) 1)
        .putInt(VALUE, value)
        .putShort(REPORT, (short) report)
        .array();
  }

  synchronized void reset() {
    steering = Optional.empty();
    reportedTypes = 0;
  }

  /** Steering is automatic again, and hashes are forgotten with it, as QEMU does. */
  synchronized void automatic() {
    reset();
  }

  synchronized void putLimits(ByteBuffer config) {
    config.put(17, (byte) maxKeySize);
    config.putShort(18, (short) maxTableLength);
    config.putInt(20, supportedTypes);
  }

  /** How many transmit queues a command is to leave in use, if it is one that steers. */
  static OptionalInt pairs(byte[] command) {
    if (command.length < 8 || command[0] != 4 || command[1] != 1) {
      return OptionalInt.empty();
    }
    ByteBuffer bytes = ByteBuffer.wrap(command).order(ByteOrder.LITTLE_ENDIAN);
    int at = 2 + 4 + 2 + 2 + 2 * ((bytes.getShort(6) & 0xffff) + 1);
    return at + 2 > command.length
        ? OptionalInt.empty()
        : OptionalInt.of(bytes.getShort(at) & 0xffff);
  }

  /** A driver's header: nothing is said of hashes there. */
  void checkSent(byte[] header) {
    for (int at = VALUE; at < header.length; at++) {
      if (header[at] != 0) {
        violations.accept("a transmitted frame's header speaks of a hash (§5.1.6.2)");
        return;
      }
    }
  }

  /**
   * Does one of the two commands.
   *
   * @param pairs those that are used from then on
   * @return whether it is a command that can be done
   */
  synchronized boolean execute(int code, ByteBuffer data, ModelPairs pairs) {
    int before = problems;
    if (code == RSS_CONFIG) {
      steer(data, pairs);
    } else if (code == HASH_CONFIG) {
      report(data);
    }
    return problems == before;
  }

  private void require(boolean holds, String otherwise) {
    if (!holds) {
      problems++;
      violations.accept(otherwise);
    }
  }

  private void steer(ByteBuffer data, ModelPairs pairs) {
    int types = data.getInt();
    int mask = data.getShort() & 0xffff;
    int unclassified = data.getShort() & 0xffff;
    require(Integer.bitCount(mask + 1) == 1, "a table of %d queues (§5.1.6.5.7.2)".formatted(mask));
    require(mask < maxTableLength, "an indirection table mask of %d".formatted(mask));
    List<Integer> table = new ArrayList<>();
    for (int entry = 0; entry <= mask; entry++) {
      int queue = data.getShort() & 0xffff;
      table.add(queue);
    }
    int inUse = data.getShort() & 0xffff;
    if (!pairs.use(inUse)) {
      problems++;
    }
    require(
        unclassified < inUse && table.stream().allMatch(queue -> queue < inUse),
        "receive queues %d and %s with %d in use (§5.1.6.5.7.2)"
            .formatted(unclassified, table, inUse));
    byte[] key = key(data);
    checkTypes(types);
    steering =
        Optional.of(
            new Steering(
                types, unclassified, List.copyOf(table), inUse, HexFormat.of().formatHex(key)));
    reportedTypes = types;
  }

  private void report(ByteBuffer data) {
    int types = data.getInt();
    require(data.getLong() == 0, "reserved fields of a hash configuration (§5.1.6.5.6.4)");
    key(data);
    checkTypes(types);
    reportedTypes = types;
  }

  private byte[] key(ByteBuffer data) {
    byte[] key = new byte[data.get() & 0xff];
    require(key.length <= maxKeySize, "a key of %d bytes".formatted(key.length));
    require(key.length == data.remaining(), "%d bytes left".formatted(data.remaining()));
    data.get(key, 0, Math.min(key.length, data.remaining()));
    return key;
  }

  private void checkTypes(int types) {
    require((types & ~supportedTypes) == 0, "hash types 0x%x (§5.1.6.5.7.2)".formatted(types));
  }
}
