package virtionet.driver.trace;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** What became of an actor of the driver that failed. */
@Name(ActorRestart.NAME)
@Label("Actor restart")
@Category({"virtionet", "Actors"})
@Description("What became of an actor that failed")
@StackTrace(false)
public final class ActorRestart extends Event {
  /** Its name in a recording. */
  public static final String NAME = "virtionet.ActorRestart";

  /** {@link #decision}: its supervisor has it begin anew. */
  public static final String RESTARTED = "restarted";

  /** It has ended, and its parent hears of it. */
  public static final String ENDED = "ended";

  @Label("Actor")
  @Description("Its path in the actor system")
  public String actor = "";

  @Label("Decision")
  public String decision = RESTARTED;

  @Label("Failure")
  public String failure = "";
}
