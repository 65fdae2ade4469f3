package virtionet.machine.qemu;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import virtionet.machine.MachineException;

/** Whether the machine is lost, and why. The first reason stays. Any thread. */
final class Loss {
  private final CompletableFuture<String> reason = new CompletableFuture<>();
  private final UnaryOperator<String> elaborate;
  private volatile boolean expected;
  private volatile boolean ended;

  /**
   * @param elaborate adds to a reason what else is known when it happens
   */
  Loss(UnaryOperator<String> elaborate) {
    this.elaborate = elaborate;
  }

  void lose(String why) {
    if (!expected && !reason.isDone()) {
      reason.complete(elaborate.apply(why));
    }
    ended = true;
  }

  /**
   * From here on the end is wanted: nothing more counts as a loss.
   *
   * @return whether the machine was lost before
   */
  boolean expectEnd() {
    expected = true;
    return reason.isDone();
  }

  void throwIfLost() {
    if (reason.isDone()) {
      throw new MachineException(reason.join());
    }
    if (ended) {
      throw new MachineException("the QEMU machine was closed");
    }
  }

  CompletionStage<String> stage() {
    return reason.minimalCompletionStage();
  }
}
