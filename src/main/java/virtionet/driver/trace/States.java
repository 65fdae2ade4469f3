package virtionet.driver.trace;

/** Follows a device from state to state, and tells the recorder of each change. One thread. */
public final class States {
  private final String device;
  private String state;
  private long since = System.nanoTime();

  /**
   * @param first its state now
   */
  public States(String device, String first) {
    this.device = device;
    state = first;
  }

  /**
   * The device is in another state now.
   *
   * @param reason why; empty: it was to be so
   */
  public void enter(String next, String reason) {
    if (next.equals(state)) {
      return;
    }
    long now = System.nanoTime();
    if (Recorder.takesTransitions()) {
      var event = new Transition();
      event.device = device;
      event.from = state;
      event.to = next;
      event.reason = reason;
      event.lasted = now - since;
      event.commit();
    }
    state = next;
    since = now;
  }
}
