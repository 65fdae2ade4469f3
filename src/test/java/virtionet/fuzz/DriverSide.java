package virtionet.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import virtionet.machine.MachineException;
import virtionet.machine.Registers;
import virtionet.net.ControlCommand;
import virtionet.net.ControlOutcome;
import virtionet.net.ControlQueue;
import virtionet.net.Frame;
import virtionet.net.KeptState;
import virtionet.net.MacAddress;
import virtionet.net.NetDevice;
import virtionet.net.NetFeature;
import virtionet.net.NetSettings;
import virtionet.net.Offload;
import virtionet.net.ReceiveMode;
import virtionet.net.ReceiveQueue;
import virtionet.net.TransmitQueue;
import virtionet.testing.TestPackets;
import virtionet.virtio.Finding;
import virtionet.virtio.Health;
import virtionet.virtio.StartListener;
import virtionet.virtio.VirtioException;

/**
 * The driver below its actors, and a client of it that sends, keeps, passes on and releases frames
 * as the seed says. Not thread-safe.
 */
final class DriverSide {
  private static final MacAddress OWN_MAC = MacAddress.parse("02:00:00:00:00:01");
  private static final int MOST_HELD = 40;

  private final Registers registers;
  private final Finding.Device found;
  private final GuardedMemory memory;
  private final NetSettings settings;
  private final FuzzedDevice far;
  private final SplittableRandom random;
  private final ActLog log;
  private final KeptState kept = new KeptState();
  private final List<Frame> held = new ArrayList<>();
  private Optional<NetDevice> device = Optional.empty();
  private Optional<ControlCommand> command = Optional.empty();
  private long faults;
  private long received;
  private boolean outOfMemory;

  DriverSide(
      Finding.Device found,
      GuardedMemory memory,
      NetSettings settings,
      FuzzedDevice far,
      SplittableRandom random,
      ActLog log) {
    registers = far.registers();
    this.found = found;
    this.memory = memory;
    this.settings = settings;
    this.far = far;
    this.random = random;
    this.log = log;
  }

  /** Times that the driver gave the device up. */
  long faults() {
    return faults;
  }

  /** Frames that it handed out. */
  long received() {
    return received;
  }

  /** Whether what was withdrawn from use leaves too little for a start. */
  boolean isOutOfMemory() {
    return outOfMemory;
  }

  boolean isUp() {
    return device.isPresent();
  }

  /** One operation; a device that breaks the rules is given up, and started with the next one. */
  void act() {
    if (device.isEmpty()) {
      start();
      return;
    }
    NetDevice up = device.get();
    try {
      operate(up);
    } catch (VirtioException | MachineException e) {
      blame(e, far.lies());
      recover(up);
    }
    device.ifPresent(DriverSide::checkConserved);
  }

  private static void checkConserved(NetDevice up) {
    if (!up.isConserved()) {
      throw new AssertionError("a buffer is nowhere, or at two places at once");
    }
  }

  /** The device is blamed for this; rightly? */
  private void blame(RuntimeException problem, long liesBefore) {
    faults++;
    log.note("the driver finds: " + problem);
    // A start that fails ends with a reset, and that ends the suspicion.
    boolean tooSlow = String.valueOf(problem.getMessage()).contains("did not confirm its reset");
    if (!far.isSuspect() && far.lies() == liesBefore && !tooSlow) {
      throw new AssertionError("a device that did no wrong is blamed: " + problem, problem);
    }
  }

  void start() {
    long lies = far.lies();
    try {
      device =
          Optional.of(
              NetDevice.bringUp(
                  registers, found, memory, settings, OWN_MAC, kept, StartListener.NONE));
      log.note("up");
    } catch (VirtioException e) {
      blame(e, lies);
    } catch (MachineException e) {
      // Frames that are held keep buffers of another shape from being used.
      outOfMemory = memory.quarantined() > 0;
      if (held.isEmpty()) {
        blame(e, outOfMemory ? -1 : lies);
      }
      releaseAll();
    }
    command = Optional.empty();
  }

  private void recover(NetDevice up) {
    device = Optional.empty();
    command = Optional.empty();
    long lies = far.lies();
    try {
      up.fail();
      up.end();
    } catch (VirtioException | MachineException e) {
      blame(e, lies);
    }
  }

  /** Resets the device. */
  void stop() {
    device.ifPresent(this::recover);
  }

  /** Ends all; no frame is held any more. */
  void end() {
    stop();
    releaseAll();
    kept.end();
  }

  void releaseAll() {
    held.forEach(Frame::release);
    held.clear();
  }

  private void operate(NetDevice up) {
    switch (random.nextInt(16)) {
      case 0, 1, 2 -> send(up);
      case 3, 4 -> reap(up);
      case 5, 6, 7, 8 -> receive(up);
      case 9, 10 -> release();
      case 11 -> interrupts(up);
      case 12 -> control(up);
      case 13 -> attend(up);
      case 14 -> look(up);
      default -> seldom(up);
    }
  }

  private void receive(NetDevice up) {
    ReceiveQueue queue = any(up.receiveQueues());
    int taken = queue.receive(this::received, 1 + random.nextInt(32));
    log.note("receive: " + taken + " buffers");
  }

  private void received(Frame frame) {
    received++;
    int length = 0;
    for (int i = 0; i < frame.segmentCount(); i++) {
      length += (int) frame.segment(i).byteSize();
    }
    if (length != frame.length() || length < Frame.HEADER_LENGTH) {
      throw new AssertionError("segments of %d bytes in %s".formatted(length, frame));
    }
    String problem = far.problem(frame.toByteArray());
    if (!problem.isEmpty()) {
      throw new AssertionError(problem);
    }
    if (held.size() < MOST_HELD && random.nextInt(3) == 0) {
      held.add(frame);
    } else {
      frame.release();
    }
  }

  private void release() {
    for (int i = random.nextInt(4); i > 0 && !held.isEmpty(); i--) {
      held.remove(random.nextInt(held.size())).release();
    }
  }

  private void send(NetDevice up) {
    int pair = random.nextInt(up.enabledPairs());
    TransmitQueue queue = up.transmitQueues().get(pair);
    int frames = 1 + random.nextInt(8);
    TransmitQueue.Outcome outcome = TransmitQueue.Outcome.QUEUED;
    int sent = 0;
    for (; sent < frames && outcome != TransmitQueue.Outcome.FULL; sent++) {
      Frame frame = frame(queue);
      outcome = queue.send(frame);
      if (outcome == TransmitQueue.Outcome.FULL) {
        keep(frame);
      }
    }
    if (random.nextInt(4) > 0) {
      queue.flush();
    }
    log.note("send on pair %d: %d frames, the last one %s".formatted(pair, sent, outcome));
  }

  private void keep(Frame frame) {
    if (random.nextBoolean() && held.size() < MOST_HELD) {
      held.add(frame);
    } else {
      frame.release();
    }
  }

  private Frame frame(TransmitQueue queue) {
    switch (random.nextInt(6)) {
      case 0 -> {
        Optional<Frame> allocated = queue.allocate(random.nextInt(1600));
        if (allocated.isPresent()) {
          return allocated.get();
        }
      }
      case 1 -> {
        if (!held.isEmpty()) {
          Frame passedOn = held.remove(random.nextInt(held.size()));
          // Not each client believes what a device said that it does not trust.
          return far.isSuspect() ? passedOn : passedOn.offload(Offload.NONE);
        }
      }
      case 2, 3 -> {
        return offloaded();
      }
      default -> {}
    }
    return Frame.ofLength(random.nextInt(random.nextInt(20) == 0 ? 70_000 : 1600));
  }

  private Frame offloaded() {
    var kind =
        new TestPackets.Kind(
            random.nextBoolean(), random.nextBoolean(), random.nextInt(2), random.nextInt(2) * 4);
    int payload = random.nextInt(random.nextInt(4) == 0 ? 20_000 : 1400);
    byte[] packet =
        TestPackets.partial(
            TestPackets.packet(kind, payload, random.nextInt(1000), TestPackets.ACK));
    Offload offload = Offload.checksum(kind.transportStart(), kind.checksumOffset());
    if (random.nextBoolean()) {
      offload = offload.segmented(segmentation(kind), 1 + random.nextInt(1448));
    }
    if (random.nextInt(8) == 0 && far.isSuspect()) {
      packet[random.nextInt(packet.length)] = (byte) random.nextInt();
    }
    return Frame.wrap(packet).offload(offload);
  }

  private static Offload.Segmentation segmentation(TestPackets.Kind kind) {
    if (!kind.tcp()) {
      return Offload.Segmentation.UDP_L4;
    }
    return kind.ipv6() ? Offload.Segmentation.TCPV6 : Offload.Segmentation.TCPV4;
  }

  private void reap(NetDevice up) {
    TransmitQueue queue = any(up.transmitQueues());
    int reaped = queue.reap();
    if (random.nextBoolean()) {
      queue.flush();
    }
    log.note("reap: " + reaped);
  }

  private void interrupts(NetDevice up) {
    ReceiveQueue receive = any(up.receiveQueues());
    TransmitQueue transmit = any(up.transmitQueues());
    switch (random.nextInt(4)) {
      case 0 -> receive.disableInterrupts();
      case 1 -> receive.enableInterrupts();
      case 2 -> transmit.disableInterrupts();
      default -> transmit.enableInterrupts();
    }
  }

  private void control(NetDevice up) {
    Optional<ControlQueue> found = up.controlQueue();
    if (found.isEmpty()) {
      return;
    }
    ControlQueue queue = found.get();
    if (queue.isBusy()) {
      queue.poll().ifPresent(outcome -> answered(up, outcome));
      return;
    }
    ControlCommand next = command();
    if (next.needs().stream().allMatch(feature -> up.features().accepted(feature))
        && queue.fits(next)
        && up.transmitQueues().stream().allMatch(transmit -> transmit.room() > 0)) {
      // With fewer pairs nothing may come after the command that was queued before it.
      up.transmitQueues().forEach(TransmitQueue::flush);
      if (next instanceof ControlCommand.SetQueuePairs pairs && pairs.pairs() < up.enabledPairs()) {
        up.enablePairs(pairs.pairs());
      }
      queue.submit(next);
      command = Optional.of(next);
      log.note("command: " + next);
    }
  }

  private ControlCommand command() {
    return switch (random.nextInt(5)) {
      case 0 -> new ControlCommand.SetReceiveMode(ReceiveMode.PROMISCUOUS, random.nextBoolean());
      case 1 -> new ControlCommand.AddVlan(1 + random.nextInt(4094));
      case 2 -> new ControlCommand.RemoveVlan(1 + random.nextInt(4094));
      case 3 -> new ControlCommand.SetQueuePairs(1 + random.nextInt(settings.queuePairs()));
      default -> new ControlCommand.SetMacAddress(OWN_MAC);
    };
  }

  private void answered(NetDevice up, ControlOutcome outcome) {
    log.note("answer: " + outcome);
    if (outcome instanceof ControlOutcome.Accepted
        && command.orElseThrow() instanceof ControlCommand.SetQueuePairs pairs) {
      up.enablePairs(pairs.pairs());
    }
    command = Optional.empty();
  }

  /** What is to be done with each interrupt. */
  private void attend(NetDevice up) {
    int causes = up.takeInterrupts();
    if ((causes & 2) != 0) {
      look(up);
    }
  }

  private void look(NetDevice up) {
    Health health = up.health();
    if (health != Health.FINE) {
      throw new VirtioException("the device is " + health);
    }
    if (random.nextBoolean()) {
      up.readState();
    }
  }

  private void seldom(NetDevice up) {
    switch (random.nextInt(5)) {
      case 0 -> any(up.receiveQueues()).dropOverdue();
      case 1 -> up.hasUnheardWork();
      case 2 -> any(up.transmitQueues()).ringDoorbell();
      case 3 -> {
        if (up.features().accepted(virtionet.virtio.CommonFeature.RING_RESET)) {
          log.note("transmit queue restarted: " + up.restartTransmit(0));
        }
      }
      default -> {
        if (random.nextInt(20) == 0) {
          log.note("stop");
          recover(up);
        }
      }
    }
  }

  private <T> T any(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  // When all is over.

  /** The device, which is sound again, carries frames both ways. */
  void carryFrames() {
    NetDevice up = device.orElseThrow();
    TransmitQueue transmit = up.transmitQueue();
    ReceiveQueue receive = up.receiveQueue();
    for (int round = 1; round <= 2 * receive.posted() + 2; round++) {
      byte[] bytes = virtionet.testing.DriverOnModel.bytes(round, 60 + round % 20);
      far.model().takeTransmitted();
      if (transmit.send(Frame.wrap(bytes)) != TransmitQueue.Outcome.QUEUED) {
        throw new AssertionError("not sent: frame " + round + " on " + transmit);
      }
      transmit.flush();
      far.model().transmitNow();
      transmit.reap();
      check(java.util.Arrays.equals(bytes, far.model().takeTransmitted().getFirst()), "sent other");
      check(far.model().receive(bytes), "no buffer for frame " + round);
      List<byte[]> got = new ArrayList<>();
      receive.receive(
          frame -> {
            got.add(frame.toByteArray());
            frame.release();
          },
          8);
      check(got.size() == 1 && java.util.Arrays.equals(bytes, got.getFirst()), "received other");
      checkConserved(up);
    }
    check(
        up.features().accepted(NetFeature.CTRL_VQ) == up.controlQueue().isPresent(),
        "a control queue as negotiated");
  }

  private static void check(boolean good, String otherwise) {
    if (!good) {
      throw new AssertionError("a sound device after all that: " + otherwise);
    }
  }
}
