package virtionet.cli;

import virtionet.driver.DeviceEvent;
import virtionet.driver.DeviceEvents;

/** Says when a device is lost and when it is back. */
record SaidOutages(Screen screen) implements DeviceEvents.Listener {
  @Override
  public void happened(DeviceEvent event) {
    switch (event) {
      case DeviceEvent.Recovering down ->
          screen.line("  the device is started again: %s", down.fault().reason());
      case DeviceEvent.Recovered up ->
          screen.line(
              "  it is up again after %d ms; %,d frames were aborted",
              up.took().toMillis(), up.abortedFrames());
      default -> {
        // What else happens is no part of the demo.
      }
    }
  }

  @Override
  public void ended() {
    // The demo's streams say why.
  }
}
