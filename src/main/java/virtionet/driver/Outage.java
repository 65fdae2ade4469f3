package virtionet.driver;

import java.time.Duration;

/**
 * The time from a device's fault to its next life, and what it cost. For the device's actor alone.
 */
final class Outage {
  private final long since = System.nanoTime();
  private int starts;
  private long abortedFrames;

  /** One more start is tried: how many there were by now. */
  int tryStart() {
    return ++starts;
  }

  /** These were in flight. */
  void aborted(long frames) {
    abortedFrames += frames;
  }

  /** The device is up again. */
  DeviceEvent.Recovered over() {
    return new DeviceEvent.Recovered(
        starts, Duration.ofNanos(System.nanoTime() - since), abortedFrames);
  }
}
