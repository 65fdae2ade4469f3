package virtionet.testing;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Which queue pairs a model uses, and what the driver must not do with the others (VirtIO 1.3
 * §5.1.6.5.6.1). Guarded by its model's lock.
 */
final class ModelPairs {
  private final ModelQueues queues;
  private final ModelTransmit transmit;
  private final Consumer<String> violations;

  /** Of each pair that may not be sent on: the frames that were placed there while it might. */
  private final Map<Integer, Integer> placed = new TreeMap<>();

  private int inUse = 1;

  /** Pairs that may be sent on: fewer than are in use once a command for fewer is there. */
  private int open = 1;

  ModelPairs(ModelQueues queues, ModelTransmit transmit, Consumer<String> violations) {
    this.queues = queues;
    this.transmit = transmit;
    this.violations = violations;
  }

  int inUse() {
    return inUse;
  }

  void reset() {
    inUse = 1;
    open = 1;
    placed.clear();
  }

  /** A command for so many is in the available ring, whether it is done or not. */
  void commanded(int pairs) {
    check();
    for (int pair = Math.max(1, pairs); pair < open; pair++) {
      placed.put(pair, transmit.placed(pair));
    }
    open = Math.max(1, Math.min(open, pairs));
  }

  /** Uses so many from now on; whether there are so many, and all are set up. */
  boolean use(int pairs) {
    check();
    if (pairs < 1 || pairs > queues.pairs()) {
      violations.accept("%d queue pairs asked for, of %d".formatted(pairs, queues.pairs()));
      return false;
    }
    for (int queue = 0; queue < 2 * pairs; queue++) {
      if (!queues.isReady(queue)) {
        violations.accept("%d queue pairs before queue %d is set up".formatted(pairs, queue));
        return false;
      }
    }
    inUse = pairs;
    return true;
  }

  /** The command is done, or refused: those in use may be sent on. */
  void answered() {
    check();
    open = inUse;
  }

  /** Looks whether there is a frame where none may be. */
  void check() {
    for (int pair = open; pair < queues.pairs(); pair++) {
      int now = transmit.placed(pair);
      if (now > placed.getOrDefault(pair, 0)) {
        placed.put(pair, now);
        violations.accept(
            "a frame on transmit queue %d of %d that may be used (§5.1.6.5.6.1)"
                .formatted(pair + 1, open));
      }
    }
  }
}
