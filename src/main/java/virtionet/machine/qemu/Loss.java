package virtionet.machine.qemu;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import virtionet.machine.MachineException;

/** Whether the machine is lost, and why. The first reason stays. Any thread. */
final class Loss {
  private final CompletableFuture<String> reason = new CompletableFuture<>();
  private final UnaryOperator<String> elaborate;
  private volatile boolean closing;

  /**
   * @param elaborate adds to a reason what else is known when it happens
   */
  Loss(UnaryOperator<String> elaborate) {
    this.elaborate = elaborate;
  }

  void lose(String why) {
    if (!closing && !reason.isDone()) {
      reason.complete(elaborate.apply(why));
    }
  }

  /** From here on the end is wanted: nothing more counts as a loss. */
  void expectEnd() {
    closing = true;
  }

  void throwIfLost() {
    if (reason.isDone()) {
      throw new MachineException(reason.join());
    }
    if (closing) {
      throw new MachineException("the QEMU machine was closed");
    }
  }

  CompletionStage<String> stage() {
    return reason.minimalCompletionStage();
  }
}
