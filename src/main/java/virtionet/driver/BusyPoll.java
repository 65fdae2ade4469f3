package virtionet.driver;

import java.time.Duration;
import virtionet.net.NetDevice;
import virtionet.net.ReceiveQueue;
import virtionet.net.TransmitQueue;

/**
 * Looks at a device's rings over and over for a while after frames went by, before its interrupts
 * are asked for again: where the next frame is near, that is sooner than an interrupt, and costs
 * the device nothing; but the thread is busy meanwhile. Only on an event loop, whose thread owns
 * the rings; all is for that thread.
 *
 * <p>As long as it is {@linkplain #isActive active} nobody needs to ask for interrupts: at its end
 * that is done here.
 */
final class BusyPoll implements EventLoop.Poller {
  private final NetDevice device;
  private final long nanos;
  private Runnable received = () -> {};
  private Runnable completed = () -> {};
  private boolean started;
  private boolean active;
  private boolean completionsAwaited;
  private long until;

  /**
   * @param time how long to look after the last frame; zero: not at all
   */
  BusyPoll(NetDevice device, Duration time) {
    this.device = device;
    nanos = time.toNanos();
  }

  /**
   * From now on it may be active, if the caller is on an event loop.
   *
   * @param whenReceived what to do when there are received frames
   * @param whenCompleted what to do when the device has sent some
   */
  void start(Runnable whenReceived, Runnable whenCompleted) {
    received = whenReceived;
    completed = whenCompleted;
    started = nanos > 0 && EventLoop.addPoller(this);
  }

  void stop() {
    started = false;
    active = false;
    EventLoop.removePoller(this);
  }

  boolean isActive() {
    return active;
  }

  /** Whether somebody waits for what the device has sent: for room, or for a ring to be empty. */
  void awaitsCompletions(boolean awaited) {
    completionsAwaited = awaited;
  }

  /** Frames go by. */
  void busy() {
    if (started) {
      if (!active) {
        active = true;
        device.receiveQueues().forEach(ReceiveQueue::disableInterrupts);
      }
      until = System.nanoTime() + nanos;
    }
  }

  @Override
  public boolean look(long now) {
    if (!active) {
      return false;
    }
    try {
      if (device.hasReceived()) {
        received.run();
      }
      if (completionsAwaited && device.hasSent()) {
        completed.run();
      }
    } catch (RuntimeException e) {
      // Whoever owns the rings meets it again, and knows what to do.
      tellOwners();
      active = false;
    }
    return active && now - until < 0;
  }

  @Override
  public void rest() {
    if (!active) {
      return;
    }
    active = false;
    try {
      if (device.enableReceiveInterrupts()) {
        received.run();
      }
      for (TransmitQueue ring : device.transmitQueues()) {
        if (ring.inFlight() > 0 && ring.enableInterrupts()) {
          completed.run();
        }
      }
    } catch (RuntimeException e) {
      tellOwners();
    }
  }

  private void tellOwners() {
    received.run();
    completed.run();
  }
}
