package virtionet.testing;

import java.util.function.Consumer;
import virtionet.testing.ModelSettings.Fault;

/**
 * What a model does when the driver rings a doorbell or writes the status (VirtIO 1.3 §3.1.1,
 * §4.2.3.3): it concerns each part of the device. Guarded by its model's lock.
 */
final class ModelActions {
  private final ModelSettings settings;
  private final ModelStatus status;
  private final ModelQueues queues;
  private final ModelInterrupts interrupts;
  private final ModelControl control;
  private final ModelTransmit transmit;
  private final ModelPairs pairs;
  private final Consumer<String> violations;
  private boolean controlStalled;
  private int notifications;

  ModelActions(
      ModelSettings settings,
      ModelStatus status,
      ModelQueues queues,
      ModelInterrupts interrupts,
      ModelControl control,
      ModelTransmit transmit,
      ModelPairs pairs,
      Consumer<String> violations) {
    this.settings = settings;
    this.status = status;
    this.queues = queues;
    this.interrupts = interrupts;
    this.control = control;
    this.transmit = transmit;
    this.pairs = pairs;
    this.violations = violations;
  }

  /** Doorbells of the control queue move nothing any more. */
  void stallControl() {
    controlStalled = true;
  }

  /** Doorbells until now. */
  int notifications() {
    return notifications;
  }

  void notified(int value) {
    notifications++;
    boolean withPosition = status.accepted(ModelSettings.NOTIFICATION_DATA);
    int queue = withPosition ? value & 0xffff : value;
    if (!queues.isReady(queue)) {
      violations.accept("doorbell 0x%x for no queue that is ready".formatted(value));
    } else if (withPosition) {
      queues.ring(queue).checkNotification(value);
    }
    if (!status.isStarted()) {
      violations.accept("doorbell before DRIVER_OK (§3.1.1)");
    } else if (!status.needsReset()) {
      serve(queue);
    }
  }

  private void serve(int queue) {
    pairs.check();
    if (queue == queues.control()) {
      serveControl();
    } else if (transmit.isAutomatic() && queue % 2 == 1 && queue / 2 < pairs.inUse()) {
      transmit(queue / 2);
    }
  }

  private void serveControl() {
    if (controlStalled) {
      control.take(queues.ring(queues.control()));
    } else {
      execute(true);
    }
  }

  /** Transmits all that waits, on each queue that is set up; how many frames. */
  int transmit() {
    pairs.check();
    int sent = 0;
    for (int pair = 0; pair < queues.pairs(); pair++) {
      sent += queues.isReady(ModelQueues.transmit(pair)) ? transmit(pair) : 0;
    }
    return sent;
  }

  private int transmit(int pair) {
    int sent = transmit.transmit(pair);
    interrupts.signal(queues.ring(ModelQueues.transmit(pair)));
    return sent;
  }

  /** Executes the control commands that wait; with an interrupt, or as if it were lost. */
  void execute(boolean interrupt) {
    DeviceSideRing ring = queues.ring(queues.control());
    control.serve(ring, status.features());
    if (interrupt) {
      interrupts.signal(ring);
    }
  }

  void setStatus(int value) {
    status.recordWrite(value);
    if (value == 0) {
      pairs.check();
      for (int pair = 0; pair < pairs.inUse(); pair++) {
        transmit.checkDoorbellsRung(pair);
      }
      reset();
      return;
    }
    if (status.starts(value)
        && queues.isReady(ModelQueues.receive(0))
        && queues.waiting(ModelQueues.receive(0)) == 0) {
      violations.accept("DRIVER_OK before the receive queue was filled (§3.1.1)");
    }
    status.set(value);
    if (status.isStarted() && settings.has(Fault.NEEDS_RESET_AT_START)) {
      needReset();
    }
  }

  void queueReset() {
    transmit.queueReset();
  }

  void needReset() {
    status.needReset();
    interrupts.configurationChanged();
  }

  void reset() {
    if (settings.has(Fault.NEVER_RESETS) && status.isStarted()) {
      return;
    }
    status.reset();
    interrupts.reset();
    control.reset();
    pairs.reset();
    transmit.reset();
    queues.reset();
  }
}
