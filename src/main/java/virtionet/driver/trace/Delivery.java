package virtionet.driver.trace;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * A client has taken received frames from its hand-off. The event begins when it takes the first,
 * and ends when none waits any more, or at {@link Deliveries#MOST}.
 */
@Name(Delivery.NAME)
@Label("Delivery")
@Category({"virtionet", "Data path"})
@Description("A client has taken received frames")
@StackTrace(false)
@Enabled(false) // Recordings that always run, and were not made for us, are not to be flooded.
public final class Delivery extends Event {
  /** Its name in a recording. */
  public static final String NAME = "virtionet.Delivery";

  private static final Delivery PROBE = new Delivery();

  @Label("Client")
  public String client = "";

  @Label("Position")
  @Description("Frames that it had taken before")
  public long position;

  @Label("Frames")
  public int frames;

  /** Whether these events are recorded; to be asked by the {@link Recorder}. */
  static boolean isOn() {
    return PROBE.isEnabled();
  }
}
