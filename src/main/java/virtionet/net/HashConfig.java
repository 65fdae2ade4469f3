package virtionet.net;

import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Which hashes the device reports with each frame, without steering by them (VirtIO 1.3
 * §5.1.6.5.6.4). Where RSS was negotiated, {@link RssConfig} says that as well.
 *
 * @param types of the hashes; empty for none
 */
public record HashConfig(Set<HashType> types, HashKey key) implements ControlCommand {

  public HashConfig {
    Objects.requireNonNull(key, "key");
    types = HashType.copy(types);
    requireKey(types, key);
  }

  /** Of each frame the hash that says most, with a key of its own. */
  public static HashConfig all(HashLimits limits) {
    return new HashConfig(limits.types(), HashKey.random());
  }

  static void requireKey(Set<HashType> types, HashKey key) {
    if (!types.isEmpty() && key.length() == 0) {
      throw new IllegalArgumentException("a hash key of 0 bytes: hashes need one");
    }
  }

  static void checkTypes(Set<HashType> types, HashLimits limits) {
    Set<HashType> foreign = EnumSet.noneOf(HashType.class);
    foreign.addAll(types);
    foreign.removeAll(limits.types());
    if (!foreign.isEmpty()) {
      throw new IllegalArgumentException(
          "hash types %s: the device supports %s, not %s"
              .formatted(types, limits.types(), foreign));
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
              data.putInt(HashType.bits(types)).putLong(0);
              data.put((byte) key.length()).put(key.bytes());
            }));
  }

  @Override
  public void check(ControlLimits limits) {
    if (NetFeature.RSS.in(limits.accepted())) {
      throw new IllegalArgumentException(
          "RSS was negotiated, and so the hashes are those of RssConfig (VirtIO 1.3 §5.1.6.4.3):"
              + " set it, or do without (receive-steering = automatic)");
    }
    checkTypes(types, limits.hashes());
    key.check(limits.hashes());
  }
}
