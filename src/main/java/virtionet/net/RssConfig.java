package virtionet.net;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * How received frames are spread over the receive queues (VirtIO 1.3 §5.1.6.5.7), in place of
 * automatic steering; where HASH_REPORT was negotiated, also which hashes are reported. Receive
 * queues are counted from 0, a queue pair each.
 *
 * @param types which frames are hashed, and over what
 * @param unclassifiedQueue the receive queue of frames without a hash
 * @param table receive queues, by the low bits of the hash: as many as a power of two
 * @param pairs how many queue pairs are in use from now on: {@code max_tx_vq}. The receive queues
 *     are those of these pairs
 */
public record RssConfig(
    Set<HashType> types, int unclassifiedQueue, List<Integer> table, int pairs, HashKey key)
    implements ControlCommand {
  static final int CLASS = 4;

  /** Queues in a table of ours: any device that keeps to the rules has room (§5.1.4.1). */
  private static final int COMMON_TABLE = 128;

  /** The mask has 16 bits. */
  private static final int LONGEST_TABLE = 0x1_0000;

  public RssConfig {
    types = HashType.copy(types);
    HashConfig.requireKey(types, key);
    table = List.copyOf(Objects.requireNonNull(table, "table"));
    if (Integer.bitCount(table.size()) != 1 || table.size() > LONGEST_TABLE) {
      throw new IllegalArgumentException(
          "an indirection table of %d queues: their number must be a power of two"
              .formatted(table.size()));
    }
  }

  /** All frames that the device can hash, in equal parts over so many pairs. */
  public static RssConfig even(HashLimits limits, int pairs) {
    int length = Integer.highestOneBit(Math.clamp(limits.maxTableLength(), 1, COMMON_TABLE));
    List<Integer> table = IntStream.range(0, length).mapToObj(entry -> entry % pairs).toList();
    return new RssConfig(limits.types(), 0, table, pairs, HashKey.random());
  }

  @Override
  public int commandClass() {
    return CLASS;
  }

  @Override
  public int command() {
    return 1;
  }

  @Override
  public List<NetFeature> needs() {
    return List.of(NetFeature.RSS);
  }

  @Override
  public List<byte[]> data() {
    return List.of(
        ControlCommand.encode(
            4 + 2 + 2 + 2 * table.size() + 2 + 1 + key.length(),
            data -> {
              data.putInt(HashType.bits(types)).putShort((short) (table.size() - 1));
              data.putShort((short) unclassifiedQueue);
              table.forEach(queue -> data.putShort(queue.shortValue()));
              data.putShort((short) pairs);
              data.put((byte) key.length()).put(key.bytes());
            }));
  }

  @Override
  public void check(ControlLimits limits) {
    HashConfig.checkTypes(types, limits.hashes());
    key.check(limits.hashes());
    int room = limits.hashes().maxTableLength();
    if (table.size() > room) {
      throw new IllegalArgumentException(
          "an indirection table of %d queues: the device takes %d".formatted(table.size(), room));
    }
    if (pairs < 1 || pairs > limits.readyPairs()) {
      throw new IllegalArgumentException(
          "%d queue pairs: %d are set up".formatted(pairs, limits.readyPairs()));
    }
    requireEnabled("the queue of unclassified frames is", unclassifiedQueue);
    table.forEach(queue -> requireEnabled("the indirection table names", queue));
  }

  private void requireEnabled(String what, int queue) {
    if (queue < 0 || queue >= pairs) {
      throw new IllegalArgumentException(
          "%s %d: the receive queues in use are 0 to %d".formatted(what, queue, pairs - 1));
    }
  }
}
