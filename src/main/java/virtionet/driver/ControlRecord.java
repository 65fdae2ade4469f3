package virtionet.driver;

import virtionet.net.ControlCommand;
import virtionet.net.ControlState;

/** What control commands have set on a device, beyond its resets. One writer, any thread reads. */
final class ControlRecord {
  private volatile ControlState state = ControlState.INITIAL;

  ControlState state() {
    return state;
  }

  /** Notes a command that was done. */
  void add(ControlCommand done) {
    state = state.with(done);
  }
}
