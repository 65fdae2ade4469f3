package virtionet.driver;

import akka.actor.typed.ActorRef;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.net.ControlCommand;
import virtionet.net.ControlOutcome.Accepted;

/**
 * A control command that somebody, or the driver itself, wants done, and the steps that it takes.
 */
final class ControlTask {
  private static final Logger LOG = LoggerFactory.getLogger(ControlTask.class);

  private final ControlCommand command;
  private final @Nullable ActorRef<ControlRequest.Reply> replyTo;
  private final Runnable atTheEnd;
  private final Deque<ControlCommand> steps = new ArrayDeque<>();

  /**
   * @param replyTo null for the driver itself, which needs no answer
   */
  ControlTask(ControlCommand command, @Nullable ActorRef<ControlRequest.Reply> replyTo) {
    this(command, replyTo, () -> {});
  }

  private ControlTask(
      ControlCommand command, @Nullable ActorRef<ControlRequest.Reply> replyTo, Runnable atTheEnd) {
    this.command = command;
    this.replyTo = replyTo;
    this.atTheEnd = atTheEnd;
    steps.add(command);
  }

  /** What the driver itself wants done, and something to do once it was, or was not. */
  static ControlTask ofOurOwn(ControlCommand command, Runnable atTheEnd) {
    return new ControlTask(command, null, atTheEnd);
  }

  /** What is wanted. */
  ControlCommand command() {
    return command;
  }

  /** What the device is to be told now. */
  ControlCommand step() {
    return steps.element();
  }

  /** Tells the device these instead. */
  void replace(List<? extends ControlCommand> others) {
    steps.clear();
    steps.addAll(others);
  }

  /** Tells the device this as well. */
  void append(ControlCommand step) {
    steps.add(step);
  }

  /** Whether there is one more step, after one that was done. */
  boolean next() {
    steps.remove();
    return !steps.isEmpty();
  }

  void done(Accepted answer) {
    if (replyTo != null) {
      replyTo.tell(new ControlRequest.Done(command, answer));
    }
    atTheEnd.run();
  }

  void fail(ControlException.Kind kind, String reason) {
    if (replyTo != null) {
      replyTo.tell(new ControlRequest.Failed(command, new ControlException(kind, reason)));
    } else {
      LOG.warn("{} was not done: {}", command, reason);
    }
    atTheEnd.run();
  }
}
