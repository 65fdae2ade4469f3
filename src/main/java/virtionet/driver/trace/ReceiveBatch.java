package virtionet.driver.trace;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * A batch of received frames on its way from the ring to the clients' hand-offs. The event begins
 * when the interrupt state has its turn, and ends when the ring is refilled and the clients are
 * woken.
 */
@Name(ReceiveBatch.NAME)
@Label("Receive batch")
@Category({"virtionet", "Data path"})
@Description("Frames drained from a receive ring and handed off to clients")
@StackTrace(false)
@Enabled(false) // Recordings that always run, and were not made for us, are not to be flooded.
public final class ReceiveBatch extends Event {
  /** Its name in a recording. */
  public static final String NAME = "virtionet.ReceiveBatch";

  /** {@link #cause}: the device raised its line. */
  public static final String INTERRUPT = "interrupt";

  /** There was more than one turn may take, or it came while the ring was looked at. */
  public static final String FURTHER_TURN = "further turn";

  /** No interrupt told of it. */
  public static final String WATCHDOG = "watchdog";

  private static final ReceiveBatch PROBE = new ReceiveBatch();

  @Label("Device")
  public String device = "";

  @Label("Queue pair")
  public int pair;

  @Label("Cause")
  @Description("What had the ring looked at")
  public String cause = INTERRUPT;

  @Label("Interrupt")
  @Description("The last interrupt before, counted since the device was first brought up")
  public long interrupt;

  @Label("Waited")
  @Description("From the raised line to this event's begin; -1 if the line did not tell of it")
  @Timespan(Timespan.NANOSECONDS)
  public long waited = -1;

  @Label("Drained")
  @Description("From the event's begin until the frames were out of the ring")
  @Timespan(Timespan.NANOSECONDS)
  public long drained;

  @Label("Handed off")
  @Description("From the event's begin until they were in the hand-offs or dropped")
  @Timespan(Timespan.NANOSECONDS)
  public long handedOff;

  @Label("Buffers")
  @Description("Taken from the ring")
  public int buffers;

  @Label("Frames")
  @Description("Good ones among them")
  public int frames;

  @Label("Bytes")
  @Description("Of the good frames")
  @DataAmount
  public long bytes;

  @Label("Malformed")
  @Description("Frames that were dropped for what the device said of them")
  public int malformed;

  @Label("Dropped")
  @Description("Good frames that no client had room for, or that had no client")
  public int dropped;

  @Label("Clients")
  public int clients;

  @Label("Client")
  @Description("The first of them, which gets the frames and no copies")
  public String client = "";

  @Label("Position")
  @Description("Frames that this client was given before")
  public long position;

  @Label("Accepted")
  @Description("Frames that this client had room for")
  public int accepted;

  @Label("Depth")
  @Description("Frames that wait in this client's hand-off afterwards")
  public int depth;

  @Label("Posted")
  @Description("Buffers that the device has afterwards")
  public int posted;

  /** Whether these events are recorded; to be asked by the {@link Recorder}. */
  static boolean isOn() {
    return PROBE.isEnabled();
  }
}
