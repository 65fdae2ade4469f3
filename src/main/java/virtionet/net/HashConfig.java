package virtionet.net;

import java.util.List;

/**
 * Which hashes the device reports with each frame, without steering by them (VirtIO 1.3
 * §5.1.6.5.6.4).
 *
 * @param hashTypes bits of §5.1.6.4.3.1; 0 for none
 */
public record HashConfig(long hashTypes, HashKey key) implements ControlCommand {

  public HashConfig {
    requireTypes(hashTypes);
  }

  static void requireTypes(long types) {
    if (types >>> Integer.SIZE != 0) {
      throw new IllegalArgumentException("hash types 0x%x: there are 32 bits".formatted(types));
    }
  }

  static void checkTypes(long types, ControlLimits limits) {
    long foreign = types & ~limits.hashTypes();
    if (foreign != 0) {
      throw new IllegalArgumentException(
          "hash types 0x%x: the device supports 0x%x, not 0x%x"
              .formatted(types, limits.hashTypes(), foreign));
    }
  }

  @Override
  public int commandClass() {
    return RssConfig.CLASS;
  }

  @Override
  public int command() {
    return 2;
  }

  @Override
  public List<NetFeature> needs() {
    return List.of(NetFeature.HASH_REPORT);
  }

  @Override
  public List<byte[]> data() {
    return List.of(
        ControlCommand.encode(
            4 + 8 + 1 + key.length(),
            data -> {
              data.putInt((int) hashTypes).putLong(0);
              data.put((byte) key.length()).put(key.bytes());
            }));
  }

  @Override
  public void check(ControlLimits limits) {
    checkTypes(hashTypes, limits);
    key.check(limits);
  }
}
