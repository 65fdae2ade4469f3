package virtionet.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import virtionet.testing.ModelSettings.Fault;

/**
 * A model's queues and the registers that set them up (VirtIO 1.3 §4.2.2, §5.1.2). Guarded by its
 * model's lock.
 */
final class ModelQueues {
  private final ModelSettings settings;
  private final DeviceView view;
  private final ModelStatus status;
  private final Consumer<String> violations;
  private List<ModelQueue> queues;
  private int selected;
  private int pageSize;

  ModelQueues(
      ModelSettings settings, DeviceView view, ModelStatus status, Consumer<String> violations) {
    this.settings = settings;
    this.view = view;
    this.status = status;
    this.violations = violations;
    queues = fresh();
  }

  private List<ModelQueue> fresh() {
    List<ModelQueue> fresh = new ArrayList<>();
    for (int queue = 0; queue < 2 * settings.pairs() + 1; queue++) {
      fresh.add(new ModelQueue(settings.queueSizeMax()));
    }
    return fresh;
  }

  static int receive(int pair) {
    return 2 * pair;
  }

  static int transmit(int pair) {
    return 2 * pair + 1;
  }

  /** Pairs that there are: more than one only where MQ or RSS is accepted. */
  int pairs() {
    return status.accepted(ModelSettings.MQ | ModelSettings.RSS) ? settings.pairs() : 1;
  }

  /** The index of the control queue, after all pairs. */
  int control() {
    return 2 * pairs();
  }

  private boolean exists(int queue) {
    boolean hasControl =
        (settings.features() & ModelSettings.CTRL_VQ) != 0 && !settings.has(Fault.NO_CONTROL_QUEUE);
    return queue >= 0 && queue < (hasControl ? control() + 1 : control());
  }

  void reset() {
    pageSize = 0;
    queues = fresh();
  }

  DeviceSideRing ring(int queue) {
    return queues.get(queue).ring().orElseThrow(() -> new AssertionError("queue not ready"));
  }

  boolean isReady(int queue) {
    return exists(queue) && queues.get(queue).ring().isPresent();
  }

  /** Buffers of a queue that wait for the device; none while the driver is not that far. */
  int waiting(int queue) {
    return queues.get(queue).ring().map(DeviceSideRing::waiting).orElse(0);
  }

  // Registers

  void select(int queue) {
    selected = queue;
  }

  private Optional<ModelQueue> queue() {
    return exists(selected) ? Optional.of(queues.get(selected)) : Optional.empty();
  }

  /** The chosen queue, which may be set up only while it is not in use (§4.2.2.2). */
  private Optional<ModelQueue> stopped() {
    if (queue().flatMap(ModelQueue::ring).isPresent()) {
      violations.accept("a queue is changed while it is ready (§4.2.2.2)");
    }
    return queue();
  }

  int sizeMax() {
    return queue().map(ModelQueue::sizeMax).orElse(0);
  }

  void setSize(int size) {
    stopped().ifPresent(queue -> queue.size(size));
  }

  void setPageSize(int bytes) {
    pageSize = bytes;
  }

  void setAlign(int bytes) {
    queue().ifPresent(queue -> queue.align(bytes));
  }

  /** Takes half of an address; {@code part}: 0 descriptors, 1 driver's, 2 device's. */
  void setAddress(int part, boolean high, int value) {
    stopped().ifPresent(queue -> queue.address(part, high, value));
  }

  int page() {
    if (settings.has(Fault.QUEUES_IN_USE)) {
      return 7;
    }
    return settings.has(Fault.QUEUES_NOT_READY) ? 0 : queue().map(ModelQueue::page).orElse(0);
  }

  void setPage(int page) {
    status.checkQueueSetUp();
    queue()
        .ifPresent(
            queue ->
                queue.page(
                    view,
                    status.features(),
                    page,
                    pageSize,
                    settings.has(Fault.IGNORES_QUEUE_ALIGN)));
  }

  int ready() {
    if (settings.has(Fault.QUEUES_IN_USE)) {
      return 1;
    }
    boolean ready = queue().flatMap(ModelQueue::ring).isPresent();
    return ready && !settings.has(Fault.QUEUES_NOT_READY) ? 1 : 0;
  }

  void setReady(int value) {
    status.checkQueueSetUp();
    if (value == 1) {
      queue().ifPresent(queue -> queue.ready(view, status.features()));
    }
  }

  int resetting() {
    return queue().map(ModelQueue::readReset).orElse(0);
  }

  void startReset(int value) {
    boolean accepted = status.accepted(ModelSettings.RING_RESET);
    if (!accepted || value != 1) {
      violations.accept(
          "%d written into QueueReset, RING_RESET accepted: %s".formatted(value, accepted));
    }
    if (!settings.has(Fault.LACKS_QUEUE_RESET)) {
      int readings = settings.has(Fault.QUEUE_NEVER_RESETS) ? Integer.MAX_VALUE : 3;
      queue().ifPresent(queue -> queue.startReset(readings));
    }
  }
}
