package virtionet.testing;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Which control commands there are, and what each needs (VirtIO 1.3 §5.1.6.5). */
final class ModelCommandRules {
  /** By class and command: the feature bits that all must be negotiated; the data's length. */
  record Rule(long features, int length) {
    static Rule of(int length, int... bits) {
      long features = 0;
      for (int bit : bits) {
        features |= 1L << bit;
      }
      return new Rule(features, length);
    }
  }

  static final int ANY_LENGTH = -1;
  private static final Map<Integer, Rule> RULES = rules();

  private static Map<Integer, Rule> rules() {
    Map<Integer, Rule> rules = new TreeMap<>();
    for (int mode = 0; mode < 6; mode++) {
      rules.put(mode, Rule.of(1, mode < 2 ? 18 : 20));
    }
    rules.put(0x100, Rule.of(ANY_LENGTH, 18));
    rules.put(0x101, Rule.of(6, 18, 23));
    rules.put(0x200, Rule.of(2, 19));
    rules.put(0x201, Rule.of(2, 19));
    rules.put(0x300, Rule.of(0, 21));
    rules.put(0x400, Rule.of(2, 22));
    rules.put(0x401, Rule.of(ANY_LENGTH, 60));
    rules.put(0x402, Rule.of(ANY_LENGTH, 57));
    rules.put(0x500, Rule.of(8, 2));
    rules.put(0x600, Rule.of(8, 53));
    rules.put(0x601, Rule.of(8, 53));
    rules.put(0x602, Rule.of(12, 52));
    rules.put(0x603, Rule.of(4, 52));
    rules.put(0x700, Rule.of(4, 51));
    return rules;
  }

  private ModelCommandRules() {}

  /** Of a command, its class in the upper byte; empty: there is none such. */
  static Optional<Rule> of(int code) {
    return Optional.ofNullable(RULES.get(code));
  }
}
