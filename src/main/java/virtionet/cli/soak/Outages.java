package virtionet.cli.soak;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import virtionet.driver.DeviceEvent;
import virtionet.driver.DeviceEvents;

/** Hears when a device is down and when it is up again. */
final class Outages implements DeviceEvents.Listener {
  private final BlockingQueue<Told> told = new LinkedBlockingQueue<>();
  private volatile boolean over;

  private record Told(DeviceEvent event, long at) {}

  @Override
  public void happened(DeviceEvent event) {
    switch (event) {
      case DeviceEvent.Recovering down -> told.add(new Told(down, System.nanoTime()));
      case DeviceEvent.Recovered up -> told.add(new Told(up, System.nanoTime()));
      case DeviceEvent.GivenUp end -> over = true;
      default -> {}
    }
  }

  @Override
  public void ended() {
    over = true;
  }

  /** Whether the device was given up. */
  boolean isOver() {
    return over;
  }

  /** What was told before is of no interest any more. */
  void forget() {
    told.clear();
  }

  /** Whether it has gone down, and nobody has waited for that yet. */
  boolean isPending() {
    return !told.isEmpty();
  }

  /**
   * Waits for the next event of that kind, past all others.
   *
   * @return when it came, as of {@link System#nanoTime()}; empty: none did in so long
   */
  Optional<Long> await(Class<? extends DeviceEvent> kind, Duration patience)
      throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (true) {
      Told next = told.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (next == null) {
        return Optional.empty();
      }
      if (kind.isInstance(next.event())) {
        return Optional.of(next.at());
      }
    }
  }
}
