package virtionet.driver;

import akka.actor.typed.ActorRef;
import virtionet.net.ControlCommand;
import virtionet.net.ControlOutcome.Accepted;

/**
 * Asks a device to do a control command; answered with one {@link Reply}. Requests are done one
 * after the other, in the order in which they come.
 */
public record ControlRequest(ControlCommand command, ActorRef<Reply> replyTo)
    implements Device.Command, Control.Command {

  void fail(ControlException.Kind kind, String reason) {
    replyTo.tell(new Failed(command, new ControlException(kind, reason)));
  }

  /** What comes of it. */
  public sealed interface Reply {}

  /** It was done. */
  public record Done(ControlCommand command, Accepted answer) implements Reply {}

  /** It was not, or nobody knows. */
  public record Failed(ControlCommand command, ControlException reason) implements Reply {}
}
