package virtionet.testing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import virtionet.machine.Registers;
import virtionet.testing.ModelSettings.Fault;

/**
 * A virtio network card in plain Java: registers, and the device's side of its two queues. It
 * checks each access against the specification and remembers what the driver did wrong. Any thread.
 */
public final class NetDeviceModel implements Registers {
  private static final int ACKNOWLEDGE_AND_DRIVER = 3;
  private static final int DRIVER_OK = 4;
  private static final int FEATURES_OK = 8;
  private static final int NEEDS_RESET = 64;
  private static final int FAILED = 128;
  private static final int CONFIG = 0x100;
  private static final int WINDOW = 0x200;

  private static final int CONTROL = 2;
  private static final int USED_BUFFER = 1;
  private static final int CONFIG_CHANGE = 2;

  private final ModelSettings settings;
  private final DeviceView view;
  private final ModelInterruptLine line = new ModelInterruptLine();
  private int interruptStatusReads;
  private final List<String> violations = new ArrayList<>();
  private final List<byte[]> transmitted = new ArrayList<>();
  private final List<ModelOffloads.Header> transmittedHeaders = new ArrayList<>();
  private final List<Integer> statusWrites = new ArrayList<>();
  private final ModelControl control;
  private List<ModelQueue> queues;
  private boolean automatic = true;
  private boolean echo;
  private boolean controlStalled;
  private boolean linkUp = true;
  private int speed = 1000;
  private int duplex = 1;
  private boolean gone;
  private int notifications;
  private int generation;
  private int status;
  private int deviceFeaturesWord;
  private int driverFeaturesWord;
  private long driverFeatures;
  private int pageSize;
  private int selected;
  private int interruptStatus;

  public NetDeviceModel(ModelSettings settings, DeviceView view) {
    this.settings = settings;
    this.view = view;
    control = new ModelControl(settings.isLegacy(), violations::add);
    queues = freshQueues();
  }

  /** Receive, transmit, control: more than one pair there is only once MQ is negotiated. */
  private List<ModelQueue> freshQueues() {
    boolean hasControl =
        (settings.features() & ModelSettings.CTRL_VQ) != 0 && !settings.has(Fault.NO_CONTROL_QUEUE);
    List<ModelQueue> fresh = new ArrayList<>();
    for (int queue = 0; queue < (hasControl ? CONTROL + 1 : CONTROL); queue++) {
      fresh.add(new ModelQueue(settings.queueSizeMax()));
    }
    return fresh;
  }

  // What a test does with it.

  /** Frames are transmitted only by {@link #transmitNow}. */
  public synchronized void stall() {
    automatic = false;
  }

  /** Each transmitted frame is received again at once. */
  public synchronized void echo() {
    echo = true;
  }

  /** From now on reads bring all ones, as when a device was pulled out. */
  public synchronized void vanish() {
    gone = true;
  }

  /** The control queue's side of it. */
  public ModelControl control() {
    return control;
  }

  /** From now on control commands wait for {@link #executeNow}. */
  public synchronized void stallControl() {
    controlStalled = true;
  }

  /** Executes the control commands that wait; with an interrupt, or as if it were lost. */
  public synchronized void executeNow(boolean interrupt) {
    control.serve(ring(CONTROL), driverFeatures);
    if (interrupt) {
      signal(ring(CONTROL));
    }
  }

  /** Asks the driver to announce its station. */
  public synchronized void announce() {
    control.announce();
    generation++;
    raise(CONFIG_CHANGE);
  }

  /** Changes what the device says of its speed, in Mbit/s, and of its duplex. */
  public synchronized void setSpeed(int newSpeed, int newDuplex) {
    speed = newSpeed;
    duplex = newDuplex;
    generation++;
    raise(CONFIG_CHANGE);
  }

  public ModelInterruptLine line() {
    return line;
  }

  /** For those who look over its shoulder. */
  synchronized void addViolation(String violation) {
    violations.add(violation);
  }

  /** What the driver did that it must not do. */
  public synchronized List<String> violations() {
    return List.copyOf(violations);
  }

  /** Takes the frames that were transmitted until now. */
  public synchronized List<byte[]> takeTransmitted() {
    List<byte[]> taken = List.copyOf(transmitted);
    transmitted.clear();
    return taken;
  }

  /** Takes the headers of the frames that were transmitted since this was called before. */
  public synchronized List<ModelOffloads.Header> takeTransmittedHeaders() {
    List<ModelOffloads.Header> taken = List.copyOf(transmittedHeaders);
    transmittedHeaders.clear();
    return taken;
  }

  /** Doorbells until now. */
  public synchronized int notifications() {
    return notifications;
  }

  public synchronized int status() {
    return status;
  }

  /** Each value that was written into the status. */
  public synchronized List<Integer> statusWrites() {
    return List.copyOf(statusWrites);
  }

  public synchronized long driverFeatures() {
    return driverFeatures;
  }

  /** The ring of a queue: 0 receives, 1 transmits. For a test that misbehaves in it. */
  public synchronized DeviceSideRing ring(int queue) {
    return queues.get(queue).ring().orElseThrow(() -> new AssertionError("queue not ready"));
  }

  /** Buffers of a queue that wait for the device; none while the driver is not that far. */
  public synchronized int waiting(int queue) {
    return queues.get(queue).ring().map(DeviceSideRing::waiting).orElse(0);
  }

  /** Delivers a frame. Whether there was a buffer for it. */
  public synchronized boolean receive(byte[] frame) {
    boolean delivered = deliver(frame);
    signal(ring(0));
    return delivered;
  }

  /** Delivers frames with one interrupt at their end; how many had a buffer. */
  public synchronized int receive(List<byte[]> frames) {
    int delivered = 0;
    for (byte[] frame : frames) {
      delivered += deliver(frame) ? 1 : 0;
    }
    signal(ring(0));
    return delivered;
  }

  /** Delivers a frame with what this header says of it. Whether there was a buffer for it. */
  public synchronized boolean receive(ModelOffloads.Header header, byte[] frame) {
    boolean delivered = deliver(header, frame);
    signal(ring(0));
    return delivered;
  }

  private boolean deliver(byte[] frame) {
    return deliver(new ModelOffloads.Header(0, 0, 0, 0, 0, 0, 0), frame);
  }

  private boolean deliver(ModelOffloads.Header header, byte[] frame) {
    if (isMergeable()) {
      return deliverMerged(header, frame, Integer.MAX_VALUE, 0);
    }
    byte[] bytes = header.withBuffers(1).bytes(headerLength());
    return deliverRaw(bytes, frame, bytes.length + frame.length);
  }

  /**
   * Delivers a frame over as many buffers as it needs (VirtIO 1.3 §5.1.6.3.2).
   *
   * @param most bytes in each buffer, for a device that does not fill them
   * @param keptBack buffers at the end that stay with the device: a broken one
   */
  public synchronized boolean deliverMerged(
      ModelOffloads.Header header, byte[] frame, int most, int keptBack) {
    if (ring(0).waiting() == 0) {
      return false;
    }
    int start = headerLength();
    byte[] all = Arrays.copyOf(header.bytes(start), start + frame.length);
    System.arraycopy(frame, 0, all, start, frame.length);
    List<DeviceSideRing.Chain> chains = new ArrayList<>();
    List<Integer> ends = new ArrayList<>();
    for (int at = 0; at < all.length; ) {
      DeviceSideRing.Chain chain = ring(0).take().orElseThrow();
      checkFraming(chain.pieces(), true);
      at = (int) Math.min(all.length, at + Math.min(most, chain.writable()));
      chains.add(chain);
      ends.add(at);
    }
    int buffers = header.numBuffers() == 0 ? chains.size() : header.numBuffers();
    System.arraycopy(header.withBuffers(buffers).bytes(start), 0, all, 0, start);
    int at = 0;
    for (int i = 0; i < chains.size() - keptBack; i++) {
      chains.get(i).write(Arrays.copyOfRange(all, at, ends.get(i)));
      ring(0).use(chains.get(i).head(), ends.get(i) - at);
      at = ends.get(i);
    }
    return true;
  }

  /** Delivers header and frame as given, and claims that so many bytes were written. */
  public synchronized boolean deliverRaw(byte[] header, byte[] frame, long claimed) {
    Optional<DeviceSideRing.Chain> buffer = ring(0).take();
    buffer.ifPresent(
        chain -> {
          checkFraming(chain.pieces(), true);
          byte[] both = new byte[header.length + frame.length];
          System.arraycopy(header, 0, both, 0, header.length);
          System.arraycopy(frame, 0, both, header.length, frame.length);
          chain.write(both);
          ring(0).use(chain.head(), claimed);
        });
    return buffer.isPresent();
  }

  /** Raises an interrupt for a queue if the driver wants one. */
  public synchronized void signal(DeviceSideRing ring) {
    if (ring.wantsInterrupt()) {
      raise(USED_BUFFER);
    }
  }

  /** How often the driver has asked why the line is up. */
  public synchronized int interruptStatusReads() {
    return interruptStatusReads;
  }

  /** Raises the line with these causes; 0 only raises the line, if it is not yet up. */
  public synchronized void raise(int causes) {
    interruptStatus |= causes;
    line.level(true);
    if (causes == 0) {
      line.level(interruptStatus != 0);
    }
  }

  public synchronized void setLink(boolean up) {
    linkUp = up;
    generation++;
    raise(CONFIG_CHANGE);
  }

  /** Asks to be reset. */
  public synchronized void needReset() {
    status |= NEEDS_RESET;
    raise(CONFIG_CHANGE);
  }

  /** Transmits all that waits; how many frames. */
  public synchronized int transmitNow() {
    DeviceSideRing ring = ring(1);
    int sent = 0;
    do {
      ring.disableNotifications();
      List<DeviceSideRing.Chain> batch = new ArrayList<>();
      for (; ring.waiting() > 0; sent++) {
        DeviceSideRing.Chain chain = ring.take().orElseThrow();
        checkFraming(chain.pieces(), false);
        transmit(chain.readable());
        batch.add(chain);
      }
      giveBack(ring, batch);
    } while (ring.enableNotifications());
    signal(ring);
    return sent;
  }

  /** Transmitted buffers: with IN_ORDER by one entry for all of them. */
  private void giveBack(DeviceSideRing ring, List<DeviceSideRing.Chain> batch) {
    if (accepted(ModelSettings.IN_ORDER) && !batch.isEmpty()) {
      ring.useBatch(batch, 0);
    } else {
      batch.forEach(chain -> ring.use(chain.head(), 0));
    }
  }

  private void transmit(byte[] bytes) {
    int header = headerLength();
    byte[] frame = new byte[bytes.length - header];
    System.arraycopy(bytes, header, frame, 0, frame.length);
    byte[] said = Arrays.copyOf(bytes, header);
    violations.addAll(ModelOffloads.check(said, frame, driverFeatures, settings.mtu()));
    transmitted.add(frame);
    transmittedHeaders.add(ModelOffloads.Header.of(said));
    if (echo) {
      receive(ModelOffloads.Header.of(said), frame);
    }
  }

  private boolean isMergeable() {
    return (driverFeatures & ModelSettings.MRG_RXBUF) != 0;
  }

  private int headerLength() {
    return settings.isLegacy() && !isMergeable() ? 10 : 12;
  }

  /** Without ANY_LAYOUT a legacy device wants the header in a descriptor of its own (§5.1.6.6). */
  private void checkFraming(List<DeviceSideRing.Piece> pieces, boolean writable) {
    boolean anyLayout = !settings.isLegacy() || (driverFeatures & ModelSettings.ANY_LAYOUT) != 0;
    if (!anyLayout && pieces.get(0).bytes().byteSize() != headerLength()) {
      violations.add("the header has no descriptor of its own, and ANY_LAYOUT is not negotiated");
    }
    if (pieces.stream().anyMatch(piece -> piece.writable() != writable)) {
      violations.add("a descriptor of the wrong direction");
    }
  }

  // What the driver does with it.

  @Override
  public long size() {
    return WINDOW;
  }

  @Override
  public synchronized int read8(long offset) {
    return config(offset, 1) & 0xff;
  }

  @Override
  public synchronized int read16(long offset) {
    return config(offset, 2) & 0xffff;
  }

  @Override
  public synchronized int read32(long offset) {
    if (gone) {
      return -1;
    }
    if (offset >= CONFIG) {
      return config(offset, 4);
    }
    return switch ((int) offset) {
      case 0x000 -> settings.magic();
      case 0x004 -> settings.version();
      case 0x008 -> settings.deviceId();
      case 0x00c -> 0x554d4551;
      case 0x010 -> (int) (settings.features() >>> (32 * deviceFeaturesWord));
      case 0x034 -> queue().map(ModelQueue::sizeMax).orElse(0);
      case 0x040 -> only(1, offset, pfn());
      case 0x044 -> only(2, offset, ready());
      case 0x060 -> {
        interruptStatusReads++;
        yield interruptStatus;
      }
      case 0x070 -> status;
      case 0x0c0 -> only(2, offset, queue().map(ModelQueue::readReset).orElse(0));
      case 0x0fc -> only(2, offset, generation());
      default -> {
        violations.add("read of register 0x%x".formatted(offset));
        yield 0;
      }
    };
  }

  private int only(int version, long offset, int value) {
    if (settings.version() != version) {
      violations.add("register 0x%x of version %d".formatted(offset, version));
    }
    return value;
  }

  private Optional<ModelQueue> queue() {
    return selected >= 0 && selected < queues.size()
        ? Optional.of(queues.get(selected))
        : Optional.empty();
  }

  private int pfn() {
    if (settings.has(Fault.QUEUES_IN_USE)) {
      return 7;
    }
    return settings.has(Fault.QUEUES_NOT_READY) ? 0 : queue().map(ModelQueue::page).orElse(0);
  }

  private int ready() {
    if (settings.has(Fault.QUEUES_IN_USE)) {
      return 1;
    }
    boolean ready = queue().flatMap(ModelQueue::ring).isPresent();
    return ready && !settings.has(Fault.QUEUES_NOT_READY) ? 1 : 0;
  }

  private int generation() {
    return settings.has(Fault.CONFIG_NEVER_RESTS) ? generation++ : generation;
  }

  private int config(long offset, int width) {
    if (gone) {
      return -1;
    }
    if (offset < CONFIG || offset % width != 0) {
      violations.add("read of %d bytes at 0x%x".formatted(width, offset));
      return 0;
    }
    ByteBuffer config = ByteBuffer.allocate(WINDOW - CONFIG).order(ByteOrder.LITTLE_ENDIAN);
    config.put(0, settings.mac().toBytes());
    config.putShort(6, (short) ((linkUp ? 1 : 0) | (control.isAnnouncing() ? 2 : 0)));
    config.putShort(8, (short) 1);
    config.putShort(10, (short) settings.mtu());
    config.putInt(12, speed);
    config.put(16, (byte) duplex);
    if (settings.has(Fault.CONFIG_NEVER_RESTS)) {
      config.put(5, (byte) generation++);
    }
    int at = (int) offset - CONFIG;
    return switch (width) {
      case 1 -> config.get(at);
      case 2 -> config.getShort(at);
      default -> config.getInt(at);
    };
  }

  @Override
  public synchronized void write8(long offset, int value) {
    violations.add("write of 1 byte at 0x%x".formatted(offset));
  }

  @Override
  public synchronized void write32(long offset, int value) {
    switch ((int) offset) {
      case 0x014 -> deviceFeaturesWord = value;
      case 0x020 -> acceptFeatures(value);
      case 0x024 -> driverFeaturesWord = value;
      case 0x028 -> pageSize = only(1, offset, value);
      case 0x030 -> selected = value;
      case 0x038 -> stopped().ifPresent(queue -> queue.size(value));
      case 0x03c -> queue().ifPresent(queue -> queue.align(only(1, offset, value)));
      case 0x040 -> setPage(only(1, offset, value));
      case 0x044 -> setReady(only(2, offset, value));
      case 0x050 -> notified(value);
      case 0x064 -> acknowledge(value);
      case 0x070 -> setStatus(value);
      case 0x0c0 -> resetQueue(only(2, offset, value));
      case 0x080, 0x084, 0x090, 0x094, 0x0a0, 0x0a4 ->
          stopped()
              .ifPresent(
                  queue ->
                      queue.address(
                          (int) (offset - 0x080) / 0x10, offset % 8 == 4, only(2, offset, value)));
      default -> violations.add("write of register 0x%x".formatted(offset));
    }
  }

  private void acceptFeatures(int value) {
    if ((status & ACKNOWLEDGE_AND_DRIVER) != ACKNOWLEDGE_AND_DRIVER
        || (status & (FEATURES_OK | DRIVER_OK)) != 0) {
      violations.add("features accepted in status 0x%x".formatted(status));
    }
    int shift = 32 * driverFeaturesWord;
    long word = Integer.toUnsignedLong(value) << shift;
    driverFeatures = (driverFeatures & ~(0xffff_ffffL << shift)) | word;
    if ((driverFeatures & ~settings.features()) != 0) {
      violations.add("features 0x%x accepted that were not offered".formatted(driverFeatures));
    }
  }

  private boolean accepted(long feature) {
    return (driverFeatures & feature) != 0;
  }

  /** The chosen queue, which may be set up only while it is not in use (§4.2.2.2). */
  private Optional<ModelQueue> stopped() {
    if (queue().flatMap(ModelQueue::ring).isPresent()) {
      violations.add("a queue is changed while it is ready (§4.2.2.2)");
    }
    return queue();
  }

  private void resetQueue(int value) {
    if (!accepted(ModelSettings.RING_RESET) || value != 1) {
      violations.add(
          "%d written into QueueReset, RING_RESET accepted: %s"
              .formatted(value, accepted(ModelSettings.RING_RESET)));
    }
    if (!settings.has(Fault.LACKS_QUEUE_RESET)) {
      int readings = settings.has(Fault.QUEUE_NEVER_RESETS) ? Integer.MAX_VALUE : 3;
      queue().ifPresent(queue -> queue.startReset(readings));
    }
  }

  private void checkQueueSetUp() {
    int needed = ACKNOWLEDGE_AND_DRIVER | (settings.isLegacy() ? 0 : FEATURES_OK);
    // Later only a queue that was reset on its own is set up again (§2.6.1.2).
    boolean late = (status & DRIVER_OK) != 0 && !accepted(ModelSettings.RING_RESET);
    if ((status & needed) != needed || late) {
      violations.add("a queue set up in status 0x%x".formatted(status));
    }
  }

  private void setPage(int page) {
    checkQueueSetUp();
    queue().ifPresent(queue -> queue.page(view, driverFeatures, page, pageSize));
  }

  private void setReady(int value) {
    checkQueueSetUp();
    if (value == 1) {
      queue().ifPresent(queue -> queue.ready(view, driverFeatures));
    }
  }

  private void notified(int value) {
    notifications++;
    int queue = accepted(ModelSettings.NOTIFICATION_DATA) ? value & 0xffff : value;
    checkNotification(queue, value);
    if ((status & DRIVER_OK) == 0) {
      violations.add("doorbell before DRIVER_OK (§3.1.1)");
    } else if (queue == 1 && automatic && (status & NEEDS_RESET) == 0) {
      transmitNow();
    } else if (queue == CONTROL && !controlStalled && (status & NEEDS_RESET) == 0) {
      executeNow(true);
    }
  }

  private void checkNotification(int queue, int value) {
    if (queue < 0 || queue >= queues.size() || queues.get(queue).ring().isEmpty()) {
      violations.add("doorbell 0x%x for no queue that is ready".formatted(value));
    } else if (accepted(ModelSettings.NOTIFICATION_DATA)) {
      ring(queue).checkNotification(value);
    }
  }

  private void acknowledge(int causes) {
    if ((causes & ~interruptStatus) != 0) {
      violations.add("acknowledges 0x%x of 0x%x".formatted(causes, interruptStatus));
    }
    interruptStatus &= ~causes;
    line.level(interruptStatus != 0);
  }

  private void setStatus(int value) {
    statusWrites.add(value);
    if (value == 0) {
      checkDoorbellsRung();
      reset();
      return;
    }
    if ((status & ~NEEDS_RESET & ~value) != 0) {
      violations.add("status bits taken back: 0x%x after 0x%x".formatted(value, status));
    }
    if (!settings.isLegacy()
        && (value & DRIVER_OK) != 0
        && (value & FEATURES_OK) == 0
        && (value & FAILED) == 0) {
      violations.add("DRIVER_OK without FEATURES_OK");
    }
    if ((value & ~status & DRIVER_OK) != 0
        && queues.get(0).ring().filter(ring -> ring.waiting() == 0).isPresent()) {
      violations.add("DRIVER_OK before the receive queue was filled (§3.1.1)");
    }
    boolean refused = settings.has(Fault.REFUSES_FEATURES);
    status = value & ~(refused ? FEATURES_OK : 0);
    if ((value & DRIVER_OK) != 0 && settings.has(Fault.NEEDS_RESET_AT_START)) {
      needReset();
    }
  }

  /** All that was published has been transmitted, if each doorbell came that was asked for. */
  private void checkDoorbellsRung() {
    boolean works = (status & DRIVER_OK) != 0 && (status & (NEEDS_RESET | FAILED)) == 0;
    if (automatic && works && waiting(1) > 0) {
      violations.add("frames were published, and the doorbell was not rung (§2.7.10, §2.8.10)");
    }
  }

  private void reset() {
    if (settings.has(Fault.NEVER_RESETS) && (status & DRIVER_OK) != 0) {
      return;
    }
    status = 0;
    driverFeatures = 0;
    driverFeaturesWord = 0;
    deviceFeaturesWord = 0;
    pageSize = 0;
    interruptStatus = 0;
    line.level(false);
    control.reset();
    queues = freshQueues();
  }
}
