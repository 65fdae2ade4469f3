package virtionet.driver.trace;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * An actor of the driver has handled a control message or a signal, or was started; its duration is
 * that of the handling. Messages of the data path have none, unless they fail: see {@link
 * ReceiveBatch} and {@link TransmitBatch}.
 */
@Name(ActorMessage.NAME)
@Label("Actor message")
@Category({"virtionet", "Actors"})
@Description("An actor of the driver has handled a control message or a signal")
@StackTrace(false)
public final class ActorMessage extends Event {
  /** Its name in a recording. */
  public static final String NAME = "virtionet.ActorMessage";

  /** {@link #kind}: the actor began. */
  public static final String START = "start";

  public static final String MESSAGE = "message";
  public static final String SIGNAL = "signal";

  /** {@link #outcome}: it was handled, and the actor goes on. */
  public static final String HANDLED = "handled";

  public static final String UNHANDLED = "unhandled";

  /** It was the actor's last one, by its own will. */
  public static final String STOPPED = "stopped";

  /** The actor failed at it. */
  public static final String FAILED = "failed";

  private static final ActorMessage PROBE = new ActorMessage();

  @Label("Actor")
  @Description("Its path in the actor system")
  public String actor = "";

  @Label("Kind")
  public String kind = MESSAGE;

  @Label("Message")
  @Description("The type of the message or signal")
  public String message = "";

  @Label("Outcome")
  public String outcome = HANDLED;

  @Label("Failure")
  @Description("The exception, if it failed")
  public String failure = "";

  /** Whether these events are recorded; to be asked by the {@link Recorder}. */
  static boolean isOn() {
    return PROBE.isEnabled();
  }
}
