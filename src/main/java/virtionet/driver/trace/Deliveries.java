package virtionet.driver.trace;

import org.jspecify.annotations.Nullable;

/**
 * Tells the recorder of the frames that a client takes; does nothing, and makes no object, while
 * they are not recorded. For the client's thread.
 */
public final class Deliveries {
  /** Frames in one event; about, where a client takes many at once. */
  public static final int MOST = 256;

  private final String client;
  private @Nullable Delivery open;

  public Deliveries(String client) {
    this.client = client;
  }

  /**
   * The client looks for frames.
   *
   * @param taken how many it has taken before
   */
  public void begin(long taken) {
    Delivery event = open;
    if (event != null && taken - event.position >= MOST) {
      end(taken);
      event = null;
    }
    if (event == null && Recorder.takesDeliveries()) {
      event = new Delivery();
      event.client = client;
      event.position = taken;
      event.begin();
      open = event;
    }
  }

  /** Whether frames may have been taken that were not told of. */
  public boolean isOpen() {
    return open != null;
  }

  /**
   * None waits any more.
   *
   * @param taken how many it has taken by now
   */
  public void end(long taken) {
    Delivery event = open;
    if (event == null) {
      return;
    }
    open = null;
    event.frames = (int) (taken - event.position);
    if (event.frames > 0) {
      event.commit();
    }
  }
}
