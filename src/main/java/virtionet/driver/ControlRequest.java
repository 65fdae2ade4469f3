package virtionet.driver;

import akka.actor.typed.ActorRef;
import java.util.Objects;
import virtionet.net.ControlCommand;
import virtionet.net.ControlOutcome.Accepted;

/**
 * Asks a device to do a control command; answered with one {@link Reply}. Requests are done one
 * after the other, in the order in which they come.
 */
public record ControlRequest(ControlCommand command, ActorRef<Reply> replyTo)
    implements Device.Command, Control.Command {
  public ControlRequest {
    Objects.requireNonNull(command, "command");
    Objects.requireNonNull(replyTo, "replyTo");
  }

  void fail(ControlException.Kind kind, String reason) {
    replyTo.tell(new Failed(command, new ControlException(kind, reason)));
  }

  /** What comes of it. */
  public sealed interface Reply {}

  /** It was done. */
  public record Done(ControlCommand command, Accepted answer) implements Reply {
    public Done {
      Objects.requireNonNull(command, "command");
      Objects.requireNonNull(answer, "answer");
    }
  }

  /** It was not, or nobody knows. */
  public record Failed(ControlCommand command, ControlException reason) implements Reply {
    public Failed {
      Objects.requireNonNull(command, "command");
      Objects.requireNonNull(reason, "reason");
    }
  }
}
