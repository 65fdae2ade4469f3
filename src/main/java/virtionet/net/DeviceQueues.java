package virtionet.net;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import virtionet.machine.DeviceMemory;
import virtionet.machine.DeviceRegion;
import virtionet.virtio.CommonFeature;
import virtionet.virtio.FeatureReport;
import virtionet.virtio.QueueMemory;
import virtionet.virtio.RingFeatures;
import virtionet.virtio.Transport;
import virtionet.virtio.VirtioDevice;
import virtionet.virtio.VirtioException;
import virtionet.virtio.Virtqueue;
import virtionet.virtio.Virtqueues;

/**
 * A network device's queues (VirtIO 1.3 §5.1.2), and the memory in which they and their buffers
 * lie. Empty until they are set up; when that fails, what was set up so far still has to be ended.
 */
final class DeviceQueues {
  private static final int CONTROL_QUEUE_SIZE = 16;
  private static final int VLAN_TAG_LENGTH = 4;

  /** No device asks for more; pages keep the buffers of a pool together. */
  private static final int LARGEST_ALIGNMENT = 4096;

  /**
   * Buffers for each descriptor. One is with the device. Of those to receive into the others are
   * for frames on their way; of those to transmit one is for frames that wait for the ring, and one
   * for copies.
   */
  private static final int RECEIVE_BUFFERS = 4;

  private static final int TRANSMIT_BUFFERS = 3;

  private final VirtioDevice device;
  private final Transport transport;
  private final DeviceMemory memory;
  private final NetSettings settings;
  private final FeatureReport features;
  private final KeptState kept;
  private final Counters counters;
  private final int mtu;
  private final boolean mergeable;
  private final boolean separateHeader;
  private final int headerLength;
  private final int longestFrame;
  private final OffloadFeatures offloads;
  private final List<DeviceRegion> rings = new ArrayList<>();
  private final List<BufferPool> pools = new ArrayList<>();
  private final List<ReceiveQueue> receive = new ArrayList<>();
  private final List<TransmitQueue> transmit = new ArrayList<>();
  private final List<QueueMemory> transmitMemory = new ArrayList<>();
  private final List<ReceiveQueue> toBeNotified = new ArrayList<>();
  private Optional<ControlQueue> control = Optional.empty();

  DeviceQueues(
      VirtioDevice device,
      DeviceMemory memory,
      NetSettings settings,
      FeatureReport features,
      int mtu,
      KeptState kept) {
    this.device = device;
    this.memory = memory;
    this.settings = settings;
    this.features = features;
    this.kept = kept;
    counters = kept.counters();
    this.mtu = mtu;
    transport = device.transport();
    mergeable = features.accepted(NetFeature.MRG_RXBUF);
    separateHeader = transport.isLegacy() && !features.accepted(CommonFeature.ANY_LAYOUT);
    headerLength =
        NetHeader.length(
            transport.isLegacy(), mergeable, features.accepted(NetFeature.HASH_REPORT));
    longestFrame = Frame.HEADER_LENGTH + VLAN_TAG_LENGTH + mtu;
    offloads = OffloadFeatures.of(features);
  }

  /**
   * Sets all of them up and fills those that receive; the device is not told of it yet.
   *
   * @throws VirtioException when the device lacks a queue, or does not take it
   * @throws virtionet.machine.MachineException when there is not enough memory
   */
  void setUp() {
    var given = transport.readConfig(space -> ControlLimits.read(space, features.accepted()));
    int most =
        transport.queues().isPresent() ? transport.queues().getAsInt() / 2 : given.maxPairs();
    var limits = given.withReadyPairs(Math.min(settings.queuePairs(), most));
    for (int pair = 0; pair < limits.readyPairs(); pair++) {
      setUpPair(2 * pair, 2 * pair + 1);
    }
    if (features.accepted(NetFeature.CTRL_VQ)) {
      control = Optional.of(controlQueue(limits));
    }
    for (ReceiveQueue queue : receive) {
      queue.enableInterrupts();
      if (queue.fill()) {
        toBeNotified.add(queue);
      }
    }
    transmit.forEach(TransmitQueue::disableInterrupts);
  }

  /** Tells the device, once it is started, of the buffers that it was given. */
  void ringDoorbells() {
    toBeNotified.forEach(ReceiveQueue::ringDoorbell);
    toBeNotified.clear();
  }

  private void setUpPair(int receiveIndex, int transmitIndex) {
    int perBuffer = separateHeader ? 2 : 1;
    Virtqueue receiving =
        queue(receiveIndex, settings.receiveQueueSize(), perBuffer, perBuffer).queue();
    int pieces = offloads.sendsLarge() ? OffloadFeatures.MOST_PIECES : perBuffer;
    QueueMemory sending = queue(transmitIndex, settings.transmitQueueSize(), perBuffer, pieces);
    transmitMemory.add(sending);
    BufferPool receivePool =
        pool(receiving, RECEIVE_BUFFERS, receiveBufferSize(receiving.size() / perBuffer));
    BufferPool transmitPool =
        pool(
            sending.queue(),
            TRANSMIT_BUFFERS,
            transmitBufferSize(sending.queue().size() - perBuffer + 1));
    int longestUnmerged = mergeable ? OffloadFeatures.LONGEST_FRAME : receivePool.frameCapacity();
    receive.add(
        new ReceiveQueue(
            receiving,
            transport,
            receivePool,
            counters,
            headerLength,
            separateHeader,
            features.accepted(NetFeature.MTU) ? longestFrame : longestUnmerged,
            mergeable,
            offloads,
            settings.receivedFrames(),
            settings.paranoid()));
    transmit.add(
        new TransmitQueue(
            sending.queue(),
            transport,
            transmitPool,
            Collections.unmodifiableList(pools),
            counters,
            headerLength,
            separateHeader,
            mtu,
            offloads,
            settings.paranoid()));
  }

  private int receiveBufferSize(int buffers) {
    return OffloadFeatures.bufferSize(
        settings.bufferSize(),
        headerLength + (offloads.receivesLarge() ? OffloadFeatures.LONGEST_FRAME : longestFrame),
        mergeable && settings.receivedFrames() == ReceivedFrames.AS_GIVEN,
        buffers);
  }

  /** A large frame is sent from several buffers, one of them with the header before it. */
  private int transmitBufferSize(int buffers) {
    return OffloadFeatures.bufferSize(
        Math.max(settings.bufferSize(), headerLength + longestFrame),
        headerLength + (offloads.sendsLarge() ? OffloadFeatures.LONGEST_FRAME : longestFrame),
        true,
        buffers);
  }

  private BufferPool pool(Virtqueue queue, int perDescriptor, int bufferSize) {
    BufferPool pool =
        kept.pools()
            .take(
                queue.index(),
                memory,
                perDescriptor * queue.size(),
                bufferSize,
                headerLength,
                LARGEST_ALIGNMENT);
    pools.add(pool);
    return pool;
  }

  /**
   * @param perBuffer pieces that each buffer has at the least
   * @param mostPieces that a buffer may have
   */
  private QueueMemory queue(int index, int wantedSize, int perBuffer, int mostPieces) {
    if (transport.isQueueEnabled(index)) {
      throw new VirtioException(
          "virtqueue %d is in use although the device was reset: broken device, or another driver holds it"
              .formatted(index));
    }
    long largest = transport.queueSizeMax(index);
    if (largest == 0) {
      throw new VirtioException(
          "the device has no virtqueue %d, which each network card must have".formatted(index));
    }
    RingFeatures ringFeatures = RingFeatures.of(features.accepted());
    int size = Virtqueues.size(wantedSize, largest, ringFeatures);
    if (size < perBuffer) {
      throw new VirtioException(
          "virtqueue %d has %d descriptor, but without ANY_LAYOUT each frame needs %d: the device is of no use"
              .formatted(index, size, perBuffer));
    }
    QueueMemory queue =
        Virtqueues.create(
            index, size, mostPieces, transport.usedRingAlignment(), ringFeatures, memory);
    rings.add(queue.region());
    device.enableQueue(queue);
    return queue;
  }

  private ControlQueue controlQueue(ControlLimits limits) {
    int index = limits.controlQueue();
    if (transport.queueSizeMax(index) == 0) {
      throw new VirtioException(
          "the device offers a control queue but has no virtqueue %d: broken device; disabled-features = [CTRL_VQ] does without it"
              .formatted(index));
    }
    Virtqueue queue = queue(index, CONTROL_QUEUE_SIZE, 1, 1).queue();
    DeviceRegion region = memory.allocate(ControlQueue.BYTES, LARGEST_ALIGNMENT);
    rings.add(region);
    return new ControlQueue(queue, transport, region, limits);
  }

  /** Of each pair that is set up, in their order. */
  List<ReceiveQueue> receive() {
    return receive;
  }

  /** Of each pair that is set up, in their order. */
  List<TransmitQueue> transmit() {
    return transmit;
  }

  QueueMemory transmitMemory(int pair) {
    return transmitMemory.get(pair);
  }

  Optional<ControlQueue> control() {
    return control;
  }

  /**
   * Whether each buffer is where exactly one party knows of it, and the queues know of those that
   * the device has; for the owner of all queues, before the end.
   */
  boolean isConserved() {
    BufferBalance sum = BufferBalance.NOTHING;
    for (BufferPool pool : pools) {
      BufferBalance balance = pool.balance();
      if (!balance.isConserved()) {
        return false;
      }
      sum = sum.plus(balance);
    }
    return sum.posted() == receive.stream().mapToInt(ReceiveQueue::buffersHeld).sum()
        && sum.inFlight() == transmit.stream().mapToInt(TransmitQueue::buffersInFlight).sum();
  }

  int lentBuffers() {
    return pools.stream().mapToInt(BufferPool::lent).sum();
  }

  /** After the reset: frames in flight are aborted, all is the driver's again; how many frames. */
  int end() {
    int aborted = abort();
    pools.forEach(BufferPool::reclaim);
    rings.forEach(DeviceRegion::free);
    return aborted;
  }

  private int abort() {
    return transmit.stream().mapToInt(TransmitQueue::abort).sum();
  }

  /** When the reset was not confirmed: the memory is withdrawn; frames aborted. */
  int quarantine() {
    kept.pools().quarantine(rings);
    counters.increment(Counter.QUARANTINES);
    return abort();
  }
}
