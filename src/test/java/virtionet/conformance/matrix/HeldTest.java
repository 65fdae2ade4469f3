package virtionet.conformance.matrix;

import java.util.List;

/**
 * A test that names requirements, and what came of it.
 *
 * @param name class and method, as {@code virtionet.net.FrameTest#aFrameIsReleasedOnce}
 */
record HeldTest(String name, Outcome outcome, List<String> requirements) {

  static HeldTest parse(String line) {
    String[] parts = line.split("\t", -1);
    return new HeldTest(parts[0], Outcome.valueOf(parts[1]), List.of(parts[2].split(" ")));
  }

  String line() {
    return name + "\t" + outcome + "\t" + String.join(" ", requirements);
  }

  /** Without its package. */
  String shortName() {
    String className = name.substring(0, name.indexOf('#'));
    return name.substring(className.lastIndexOf('.') + 1).replace('#', '.');
  }
}
