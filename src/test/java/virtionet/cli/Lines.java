package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Iterator;
import java.util.List;

/** Claims about what was shown. */
final class Lines {
  private Lines() {}

  /** Each pattern matches a whole line, one behind the other; others may stand between. */
  static void assertInOrder(List<String> lines, List<String> patterns) {
    Iterator<String> left = lines.iterator();
    for (String pattern : patterns) {
      boolean found = false;
      while (!found && left.hasNext()) {
        found = left.next().matches(pattern);
      }
      assertTrue(
          found, () -> "no line '" + pattern + "' in its place in:\n" + String.join("\n", lines));
    }
  }
}
