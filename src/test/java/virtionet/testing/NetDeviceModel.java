package virtionet.testing;

import java.util.ArrayList;
import java.util.List;
import virtionet.machine.Registers;

/**
 * A virtio network card in plain Java: registers, and the device's side of its queues. It checks
 * each access against the specification and remembers what the driver did wrong. Any thread.
 */
public final class NetDeviceModel implements Registers {
  private final List<String> violations = new ArrayList<>();
  private final ModelStatus status;
  private final ModelQueues queues;
  private final ModelInterrupts interrupts;
  private final ModelHashes hashes;
  private final ModelControl control;
  private final ModelConfig config;
  private final ModelReceive receive;
  private final ModelTransmit transmit;
  private final ModelPairs pairs;
  private final ModelActions actions;
  private final ModelRegisters registers;

  public NetDeviceModel(ModelSettings settings, DeviceView view) {
    status = new ModelStatus(settings, violations::add);
    queues = new ModelQueues(settings, view, status, violations::add);
    interrupts = new ModelInterrupts(violations::add);
    hashes = new ModelHashes(violations::add);
    var framing = new ModelFraming(settings, status, violations::add);
    receive = new ModelReceive(queues, framing);
    transmit = new ModelTransmit(settings, status, queues, framing, hashes, violations::add);
    pairs = new ModelPairs(queues, transmit, violations::add);
    control = new ModelControl(settings.isLegacy(), pairs, hashes, violations::add);
    config = new ModelConfig(settings, hashes, control::isAnnouncing);
    actions =
        new ModelActions(
            settings, status, queues, interrupts, control, transmit, pairs, violations::add);
    registers =
        new ModelRegisters(settings, status, queues, interrupts, config, actions, violations::add);
  }

  // What a test does with it.

  /** Frames are transmitted only by {@link #transmitNow}. */
  public synchronized void stall() {
    transmit.stall();
  }

  /** Nothing is transmitted until the driver resets the device. */
  public synchronized void stallUntilReset() {
    transmit.stallUntilReset();
  }

  /** Each transmitted frame is received again at once. */
  public synchronized void echo() {
    transmit.onto(this::receive);
  }

  /** From now on reads bring all ones, as when a device was pulled out. */
  public synchronized void vanish() {
    registers.vanish();
  }

  /** The control queue's side of it. */
  public ModelControl control() {
    return control;
  }

  /** What it was told of hashes. */
  public ModelHashes hashes() {
    return hashes;
  }

  /** From now on control commands wait for {@link #executeNow}. */
  public synchronized void stallControl() {
    actions.stallControl();
  }

  /** Executes the control commands that wait; with an interrupt, or as if it were lost. */
  public synchronized void executeNow(boolean interrupt) {
    actions.execute(interrupt);
  }

  /** Asks the driver to announce its station. */
  public synchronized void announce() {
    control.announce();
    config.changed();
    interrupts.configurationChanged();
  }

  /** Changes what the device says of its speed, in Mbit/s, and of its duplex. */
  public synchronized void setSpeed(int speed, int duplex) {
    config.setSpeed(speed, duplex);
    interrupts.configurationChanged();
  }

  public synchronized void setLink(boolean up) {
    config.setLink(up);
    interrupts.configurationChanged();
  }

  /** Asks for a reset as soon as it is started, each time. */
  public synchronized void needResetAtEachStart(boolean each) {
    status.needResetAtEachStart(each);
  }

  /** Is reset by somebody else than the driver, who is not told. */
  public synchronized void forget() {
    actions.reset();
  }

  /** Asks to be reset. */
  public synchronized void needReset() {
    actions.needReset();
  }

  public ModelInterruptLine line() {
    return interrupts.line();
  }

  /** For those who look over its shoulder. */
  synchronized void addViolation(String violation) {
    violations.add(violation);
  }

  /** What the driver did that it must not do. */
  public synchronized List<String> violations() {
    pairs.check();
    return List.copyOf(violations);
  }

  /** Takes the frames that were transmitted until now. */
  public synchronized List<byte[]> takeTransmitted() {
    return transmit.take();
  }

  /** Takes the headers of the frames that were transmitted since this was called before. */
  public synchronized List<ModelOffloads.Header> takeTransmittedHeaders() {
    return transmit.takeHeaders();
  }

  /**
   * Takes the pairs, from 0 on, of the frames that were transmitted since this was called before.
   */
  public synchronized List<Integer> takeTransmittedPairs() {
    return transmit.takePairs();
  }

  /** Doorbells until now. */
  public synchronized int notifications() {
    return actions.notifications();
  }

  public synchronized int status() {
    return status.value();
  }

  /** Each value that was written into the status. */
  public synchronized List<Integer> statusWrites() {
    return status.writes();
  }

  public synchronized long driverFeatures() {
    return status.features();
  }

  /** Queue pairs in use. */
  public synchronized int pairs() {
    return pairs.inUse();
  }

  /** The index of its control queue, by what was negotiated. */
  public synchronized int controlQueue() {
    return queues.control();
  }

  /**
   * The ring of a queue: even ones receive, odd ones transmit. For a test that misbehaves in it.
   */
  public synchronized DeviceSideRing ring(int queue) {
    return queues.ring(queue);
  }

  /** Buffers of a queue that wait for the device; none while the driver is not that far. */
  public synchronized int waiting(int queue) {
    return queues.waiting(queue) + (queue == queues.control() ? control.taken() : 0);
  }

  /** Delivers a frame. Whether there was a buffer for it. */
  public synchronized boolean receive(byte[] frame) {
    return receive(0, frame);
  }

  /** Delivers a frame on a pair, from 0 on. Whether there was a buffer for it. */
  public synchronized boolean receive(int pair, byte[] frame) {
    boolean delivered = receive.deliver(pair, frame);
    signal(ring(ModelQueues.receive(pair)));
    return delivered;
  }

  /** Delivers frames with one interrupt at their end; how many had a buffer. */
  public synchronized int receive(List<byte[]> frames) {
    int delivered = 0;
    for (byte[] frame : frames) {
      delivered += receive.deliver(0, frame) ? 1 : 0;
    }
    signal(ring(ModelQueues.receive(0)));
    return delivered;
  }

  /** Delivers a frame with what this header says of it. Whether there was a buffer for it. */
  public synchronized boolean receive(ModelOffloads.Header header, byte[] frame) {
    return receive(0, header, frame);
  }

  private boolean receive(int pair, ModelOffloads.Header header, byte[] frame) {
    boolean delivered = receive.deliver(pair, header, frame);
    signal(ring(ModelQueues.receive(pair)));
    return delivered;
  }

  /**
   * Delivers a frame over as many buffers as it needs (VirtIO 1.3 §5.1.6.3.2), without an
   * interrupt.
   *
   * @param most bytes in each buffer, for a device that does not fill them
   * @param keptBack buffers at the end that stay with the device: a broken one
   */
  public synchronized boolean deliverMerged(
      ModelOffloads.Header header, byte[] frame, int most, int keptBack) {
    return deliverMerged(0, header, frame, most, keptBack);
  }

  /** The same on a pair, from 0 on. */
  public synchronized boolean deliverMerged(
      int pair, ModelOffloads.Header header, byte[] frame, int most, int keptBack) {
    return receive.deliverMerged(pair, header, frame, most, keptBack);
  }

  /** Delivers header and frame as given, and claims that so many bytes were written. */
  public synchronized boolean deliverRaw(byte[] header, byte[] frame, long claimed) {
    return receive.deliverRaw(0, header, frame, claimed);
  }

  /** Raises an interrupt for a queue if the driver wants one. */
  public synchronized void signal(DeviceSideRing ring) {
    interrupts.signal(ring);
  }

  /** How often the driver has asked why the line is up. */
  public synchronized int interruptStatusReads() {
    return interrupts.reads();
  }

  /** Raises the line with these causes; 0 only raises the line, if it is not yet up. */
  public synchronized void raise(int causes) {
    interrupts.raise(causes);
  }

  /** Transmits all that waits; how many frames. */
  public synchronized int transmitNow() {
    return actions.transmit();
  }

  // What the driver does with it.

  @Override
  public long size() {
    return registers.size();
  }

  @Override
  public synchronized int read8(long offset) {
    return registers.read8(offset);
  }

  @Override
  public synchronized int read16(long offset) {
    return registers.read16(offset);
  }

  @Override
  public synchronized int read32(long offset) {
    return registers.read32(offset);
  }

  @Override
  public synchronized void write8(long offset, int value) {
    registers.write8(offset, value);
  }

  @Override
  public synchronized void write32(long offset, int value) {
    registers.write32(offset, value);
  }
}
