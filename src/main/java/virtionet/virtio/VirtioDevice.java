package virtionet.virtio;

import java.time.Duration;
import virtionet.machine.Registers;

/**
 * The life of a virtio device by its status field (VirtIO 1.3 §3.1): each method is one step, in
 * the order in which they stand here. Not thread-safe.
 */
public final class VirtioDevice {
  private final Transport transport;
  private final StartListener listener;
  private int status;
  private long accepted;
  private boolean gone;

  public VirtioDevice(Transport transport) {
    this(transport, StartListener.NONE);
  }

  /** The same, of which somebody hears each change of the status. */
  public VirtioDevice(Transport transport, StartListener listener) {
    this.transport = transport;
    this.listener = listener;
  }

  /**
   * Makes whatever virtio device is behind these registers let go of all memory, whoever started
   * it.
   *
   * @throws VirtioException when it does not confirm in time
   */
  public static void quiet(Registers registers, Duration timeout) {
    if (Probe.probe(registers) instanceof Finding.Device device) {
      new VirtioDevice(Probe.transport(registers, device)).reset(timeout);
    }
  }

  public Transport transport() {
    return transport;
  }

  /**
   * Resets the device and waits until it says so: only then has it let go of all memory (VirtIO 1.3
   * §2.4.2).
   *
   * @throws VirtioException when the device does not confirm in time, or is gone
   */
  public void reset(Duration timeout) {
    if (gone) {
      readStatus();
    }
    status = DeviceStatus.RESET;
    accepted = 0;
    transport.within(timeout, () -> awaitReset(timeout));
    listener.status(status);
  }

  private void awaitReset(Duration timeout) {
    transport.setStatus(status);
    var pause = new Pause(timeout);
    for (int now; (now = transport.status()) != DeviceStatus.RESET; ) {
      throwIfGone(now);
      if (!pause.next()) {
        throw new VirtioException(
            "the device did not confirm its reset within %d ms, its status is still %s: it may go on writing into the memory it was given"
                .formatted(timeout.toMillis(), DeviceStatus.toString(now)));
      }
    }
  }

  /** Says that the device was noticed and that there is a driver for it (§3.1.1 steps 2, 3). */
  public void acknowledge() {
    addStatus(DeviceStatus.ACKNOWLEDGE);
    addStatus(DeviceStatus.DRIVER);
  }

  /**
   * Accepts features for good (§3.1.1 steps 4 to 6).
   *
   * @throws VirtioException when the device does not work with this set
   */
  public void acceptFeatures(long features) {
    transport.setDriverFeatures(features);
    accepted = features;
    if (transport.isLegacy()) {
      return;
    }
    addStatus(DeviceStatus.FEATURES_OK);
    int now = readStatus();
    if ((now & DeviceStatus.FEATURES_OK) == 0) {
      throw new VirtioException(
          "the device refuses the features 0x%x: it takes FEATURES_OK back, its status is %s"
              .formatted(features, DeviceStatus.toString(now)));
    }
  }

  /** Gives the device a queue (§4.2.3.2). */
  public void enableQueue(QueueMemory memory) {
    transport.enableQueue(memory.queue().index(), memory.layout(), memory.region().deviceAddress());
  }

  /**
   * Takes a queue away from the device and gives it back empty, while the other queues go on
   * (VirtIO 1.3 §2.6.1). For the queue's owner: buffers that were in the queue are the driver's
   * again.
   *
   * @param timeout how long the device may take to let go
   * @throws VirtioException when RING_RESET was not accepted, or the device does not do it: then
   *     the buffers are still the device's, and only a reset of the device helps
   */
  public void restartQueue(QueueMemory memory, Duration timeout) {
    int queue = memory.queue().index();
    if (!CommonFeature.RING_RESET.in(accepted)) {
      throw new VirtioException(
          "virtqueue %d cannot be reset on its own: RING_RESET was not accepted".formatted(queue));
    }
    transport.resetQueue(queue, timeout);
    memory.queue().reset();
    enableQueue(memory);
  }

  /** Lets the device go to work (§3.1.1 step 8). */
  public void start() {
    addStatus(DeviceStatus.DRIVER_OK);
    int now = readStatus();
    if ((now & DeviceStatus.NEEDS_RESET) != 0) {
      throw new NeedsResetException(
          "the device asks for a reset as soon as it is started: broken device");
    }
  }

  /** How the device stands since it was started (§2.1.1). */
  public Health health() {
    int now = readStatus();
    if ((now & DeviceStatus.NEEDS_RESET) != 0) {
      return Health.NEEDS_RESET;
    }
    return (now & status) == status ? Health.FINE : Health.STOPPED;
  }

  /** Tells the device that the driver has given it up; a reset must follow before a new start. */
  public void fail() {
    if (!gone) {
      addStatus(DeviceStatus.FAILED);
    }
  }

  private void addStatus(int bit) {
    status |= bit;
    transport.setStatus(status);
    listener.status(status);
  }

  private int readStatus() {
    int now = transport.status();
    throwIfGone(now);
    return now;
  }

  private void throwIfGone(int now) {
    gone = DeviceStatus.isGone(now);
    if (gone) {
      throw new DeviceGoneException(now);
    }
  }
}
