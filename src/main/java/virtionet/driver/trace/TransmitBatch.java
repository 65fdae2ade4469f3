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
 * A batch of frames to transmit. The event begins when the upstream state takes the first from a
 * client's hand-off, and ends when it finds that the device has used the last. That is by number: a
 * device that sends out of order has perhaps another one left.
 */
@Name(TransmitBatch.NAME)
@Label("Transmit batch")
@Category({"virtionet", "Data path"})
@Description("Frames put into a transmit ring, until the device has sent them")
@StackTrace(false)
@Enabled(false) // Recordings that always run, and were not made for us, are not to be flooded.
public final class TransmitBatch extends Event {
  /** Its name in a recording. */
  public static final String NAME = "virtionet.TransmitBatch";

  private static final TransmitBatch PROBE = new TransmitBatch();

  @Label("Device")
  public String device = "";

  @Label("Queue pair")
  public int pair;

  @Label("Queued")
  @Description("From the event's begin until all frames were in the ring")
  @Timespan(Timespan.NANOSECONDS)
  public long queued;

  @Label("Published")
  @Description("From the event's begin until the device was told, if it is told")
  @Timespan(Timespan.NANOSECONDS)
  public long published;

  @Label("Doorbell")
  @Description("Whether it was rung; a device may ask not to be told")
  public boolean doorbell;

  @Label("Frames")
  public int frames;

  @Label("Bytes")
  @DataAmount
  public long bytes;

  @Label("Refused")
  @Description("Frames of this turn that cannot be sent, of all queue pairs")
  public int refused;

  @Label("In flight")
  @Description("Frames that the device has afterwards, these included")
  public int inFlight;

  @Label("Waiting")
  @Description("Frames that wait in the clients' hand-offs afterwards")
  public int waiting;

  @Label("Completed")
  @Description("Whether the device has sent them; else it was reset")
  public boolean completed;

  /** Whether these events are recorded; to be asked by the {@link Recorder}. */
  static boolean isOn() {
    return PROBE.isEnabled();
  }
}
