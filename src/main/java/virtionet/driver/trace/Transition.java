package virtionet.driver.trace;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A device has gone from one state of its life to another. */
@Name(Transition.NAME)
@Label("Transition")
@Category({"virtionet", "Actors"})
@Description("A device has gone from one state to another")
@StackTrace(false)
public final class Transition extends Event {
  /** Its name in a recording. */
  public static final String NAME = "virtionet.Transition";

  private static final Transition PROBE = new Transition();

  @Label("Device")
  public String device = "";

  @Label("From")
  public String from = "";

  @Label("To")
  public String to = "";

  @Label("Reason")
  @Description("Why, if it was for a fault")
  public String reason = "";

  @Label("Lasted")
  @Description("How long it was in the former state")
  @Timespan(Timespan.NANOSECONDS)
  public long lasted;

  /** Whether these events are recorded; to be asked by the {@link Recorder}. */
  static boolean isOn() {
    return PROBE.isEnabled();
  }
}
