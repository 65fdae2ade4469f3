package virtionet.fuzz;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The last acts of an episode, for the report of a failure. Any thread. */
final class ActLog {
  private static final int KEPT = 30;

  private final Deque<String> last = new ArrayDeque<>();
  private long step;

  synchronized void step(long number) {
    step = number;
  }

  synchronized long step() {
    return step;
  }

  /** Notes an act of the present step. */
  synchronized void note(String act) {
    last.addLast(step + ": " + act);
    if (last.size() > KEPT) {
      last.removeFirst();
    }
  }

  synchronized List<String> last() {
    return List.copyOf(last);
  }
}
