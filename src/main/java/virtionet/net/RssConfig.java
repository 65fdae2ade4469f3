package virtionet.net;

import java.util.List;

/**
 * How received frames are spread over the receive queues (VirtIO 1.3 §5.1.6.5.7). Receive queues
 * are counted from 0, a queue pair each.
 *
 * @param hashTypes which frames are hashed: bits of §5.1.6.4.3.1
 * @param unclassifiedQueue the receive queue of frames without a hash
 * @param table receive queues, by the low bits of the hash: as many as a power of two
 * @param maxTransmitPairs how many transmit queues the driver uses
 */
public record RssConfig(
    long hashTypes, int unclassifiedQueue, List<Integer> table, int maxTransmitPairs, HashKey key)
    implements ControlCommand {
  static final int CLASS = 4;

  /** The mask has 16 bits. */
  private static final int LONGEST_TABLE = 0x1_0000;

  public RssConfig {
    HashConfig.requireTypes(hashTypes);
    table = List.copyOf(table);
    if (Integer.bitCount(table.size()) != 1 || table.size() > LONGEST_TABLE) {
      throw new IllegalArgumentException(
          "an indirection table of %d queues: their number must be a power of two"
              .formatted(table.size()));
    }
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
              data.putInt((int) hashTypes).putShort((short) (table.size() - 1));
              data.putShort((short) unclassifiedQueue);
              table.forEach(queue -> data.putShort(queue.shortValue()));
              data.putShort((short) maxTransmitPairs);
              data.put((byte) key.length()).put(key.bytes());
            }));
  }

  @Override
  public void check(ControlLimits limits) {
    HashConfig.checkTypes(hashTypes, limits);
    key.check(limits);
    if (table.size() > limits.maxTableLength()) {
      throw new IllegalArgumentException(
          "an indirection table of %d queues: the device takes %d"
              .formatted(table.size(), limits.maxTableLength()));
    }
    requireEnabled("the queue of unclassified frames is", unclassifiedQueue, limits);
    table.forEach(queue -> requireEnabled("the indirection table names", queue, limits));
    if (maxTransmitPairs < 1 || maxTransmitPairs > limits.enabledPairs()) {
      throw new IllegalArgumentException(
          "%d transmit queues: %d are in use".formatted(maxTransmitPairs, limits.enabledPairs()));
    }
  }

  private static void requireEnabled(String what, int queue, ControlLimits limits) {
    if (queue < 0 || queue >= limits.enabledPairs()) {
      throw new IllegalArgumentException(
          "%s %d: the receive queues in use are 0 to %d"
              .formatted(what, queue, limits.enabledPairs() - 1));
    }
  }
}
