package virtionet.net;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.machine.DeviceMemory;
import virtionet.machine.DeviceRegion;
import virtionet.machine.MachineException;
import virtionet.machine.Registers;
import virtionet.virtio.CommonFeature;
import virtionet.virtio.FeatureNegotiation;
import virtionet.virtio.FeatureReport;
import virtionet.virtio.MmioProbe;
import virtionet.virtio.QueueMemory;
import virtionet.virtio.RingFeatures;
import virtionet.virtio.Transport;
import virtionet.virtio.VirtioDevice;
import virtionet.virtio.VirtioException;
import virtionet.virtio.Virtqueue;
import virtionet.virtio.Virtqueues;

/**
 * A network device that is up: negotiated, its queues set up and filled, running. There is no
 * object for one that is not.
 *
 * <p>Not thread-safe, except that the two queues may be driven by an owner each while a third
 * thread reads the link or takes interrupts.
 */
public final class NetDevice {
  private static final Logger LOG = LoggerFactory.getLogger(NetDevice.class);

  /** What counts when the device does not say. */
  static final int DEFAULT_MTU = 1500;

  /** The least that IPv4 asks of a link; a device that says less is not believed. */
  private static final int SMALLEST_MTU = 68;

  private static final int VLAN_TAG_LENGTH = 4;
  private static final int RECEIVE_QUEUE = 0;
  private static final int TRANSMIT_QUEUE = 1;

  private static final int CONTROL_QUEUE_SIZE = 16;

  /** What the control queue can be asked for; all need {@link NetFeature#CTRL_VQ}. */
  private static final List<NetFeature> CONTROL_FEATURES =
      List.of(
          NetFeature.CTRL_VQ,
          NetFeature.CTRL_RX,
          NetFeature.CTRL_RX_EXTRA,
          NetFeature.CTRL_VLAN,
          NetFeature.CTRL_MAC_ADDR,
          NetFeature.GUEST_ANNOUNCE,
          NetFeature.CTRL_GUEST_OFFLOADS,
          NetFeature.NOTF_COAL,
          NetFeature.VQ_NOTF_COAL);

  private final VirtioDevice device;
  private final NetSettings settings;
  private final FeatureReport features;
  private final LinkState initialState;
  private final Optional<MacAddress> deviceMac;
  private final MacAddress mac;
  private final int mtu;
  private final Counters counters = new Counters();
  private final List<DeviceRegion> rings = new ArrayList<>();
  private final List<BufferPool> pools = new ArrayList<>();
  private final ReceiveQueue receiveQueue;
  private final TransmitQueue transmitQueue;
  private final List<ReceiveQueue> receiveQueues = new ArrayList<>();
  private final List<TransmitQueue> transmitQueues = new ArrayList<>();
  private final Optional<ControlQueue> controlQueue;
  private final QueueMemory transmitMemory;
  private boolean ended;

  /**
   * Brings a device up (VirtIO 1.3 §3.1.1, §5.1.5).
   *
   * @param found what a probe of these registers said: a network card
   * @param ownMac the address to take when the device gives none of use; best the same each time
   * @throws VirtioException when the device does not let itself be brought up; it has been reset
   * @throws MachineException when there is not enough memory, or the machine is gone
   */
  public static NetDevice bringUp(
      Registers registers,
      MmioProbe.Device found,
      DeviceMemory memory,
      NetSettings settings,
      MacAddress ownMac) {
    if (!found.isNetworkCard()) {
      throw new VirtioException("not a network card but a " + found.typeName());
    }
    VirtioDevice device = new VirtioDevice(MmioProbe.transport(registers, found));
    device.reset(settings.resetTimeout());
    device.acknowledge();
    NetConfig config;
    FeatureReport features;
    try {
      long offered = device.transport().deviceFeatures();
      config = device.transport().readConfig(space -> NetConfig.read(space, offered));
      features = negotiate(device.transport(), config, offered, settings);
      device.acceptFeatures(features.accepted());
    } catch (RuntimeException e) {
      refuse(device, settings, e);
      throw e;
    }
    return new NetDevice(device, memory, settings, features, config, ownMac);
  }

  private static void refuse(VirtioDevice device, NetSettings settings, RuntimeException cause) {
    try {
      device.fail();
      device.reset(settings.resetTimeout());
    } catch (VirtioException | MachineException e) {
      cause.addSuppressed(e);
    }
  }

  private static FeatureReport negotiate(
      Transport transport, NetConfig config, long offered, NetSettings settings) {
    var negotiation =
        new FeatureNegotiation()
            .know(List.of(CommonFeature.values()))
            .know(List.of(NetFeature.values()))
            .want(
                List.of(
                    NetFeature.MTU,
                    NetFeature.MAC,
                    NetFeature.STATUS,
                    NetFeature.SPEED_DUPLEX,
                    CommonFeature.EVENT_IDX,
                    CommonFeature.INDIRECT_DESC))
            .want(CONTROL_FEATURES)
            .want(OffloadFeatures.wanted(settings.receivedFrames()));
    settings.requiredFeatures().forEach(name -> negotiation.insist(FeatureWishes.feature(name)));
    if (transport.isLegacy()) {
      negotiation.want(List.of(CommonFeature.ANY_LAYOUT));
    } else {
      negotiation.want(
          List.of(
              CommonFeature.RING_PACKED,
              CommonFeature.IN_ORDER,
              CommonFeature.ORDER_PLATFORM,
              CommonFeature.NOTIFICATION_DATA,
              CommonFeature.RING_RESET));
      negotiation.require(CommonFeature.VERSION_1);
      if (!CommonFeature.VERSION_1.in(offered)) {
        negotiation.decline(
            CommonFeature.VERSION_1,
            "not offered, as registers of version 2 ask for (VirtIO 1.3 §6.1); a newer version of"
                + " the device may offer it, or the device's legacy interface may do");
      }
    }
    negotiation.decline(
        CommonFeature.ACCESS_PLATFORM, "the machine gives devices physical addresses, no IOMMU's");
    for (String name : settings.disabledFeatures()) {
      negotiation.decline(
          FeatureWishes.feature(name), "switched off in the settings (disabled-features)");
    }
    config
        .mac()
        .filter(mac -> !mac.isUsable())
        .ifPresent(
            mac ->
                negotiation.decline(
                    NetFeature.MAC, "its address " + mac + " is not one for a station"));
    config
        .mtu()
        .ifPresent(
            mtu -> {
              if (mtu < SMALLEST_MTU) {
                negotiation.decline(
                    NetFeature.MTU, "its MTU of %d is below %d".formatted(mtu, SMALLEST_MTU));
              }
            });
    return negotiation.negotiate(offered);
  }

  private NetDevice(
      VirtioDevice device,
      DeviceMemory memory,
      NetSettings settings,
      FeatureReport features,
      NetConfig config,
      MacAddress ownMac) {
    this.device = device;
    this.settings = settings;
    this.features = features;
    deviceMac = features.accepted(NetFeature.MAC) ? config.mac() : Optional.empty();
    mac = deviceMac.orElse(ownMac);
    mtu = features.accepted(NetFeature.MTU) ? config.mtu().orElse(DEFAULT_MTU) : DEFAULT_MTU;
    boolean legacy = device.transport().isLegacy();
    OffloadFeatures offloads = OffloadFeatures.of(features);
    boolean mergeable = features.accepted(NetFeature.MRG_RXBUF);
    int headerLength = NetHeader.length(legacy, mergeable);
    boolean separateHeader = legacy && !features.accepted(CommonFeature.ANY_LAYOUT);
    int longestFrame = Frame.HEADER_LENGTH + VLAN_TAG_LENGTH + mtu;
    int bufferSize = Math.max(settings.bufferSize(), headerLength + longestFrame);
    Transport transport = device.transport();
    try {
      int perBuffer = separateHeader ? 2 : 1;
      Virtqueue receive =
          queue(memory, RECEIVE_QUEUE, settings.receiveQueueSize(), perBuffer).queue();
      transmitMemory = queue(memory, TRANSMIT_QUEUE, settings.transmitQueueSize(), perBuffer);
      Virtqueue transmit = transmitMemory.queue();
      int receiveBufferSize =
          OffloadFeatures.bufferSize(
              settings.bufferSize(),
              headerLength
                  + (offloads.receivesLarge() ? OffloadFeatures.LONGEST_FRAME : longestFrame),
              mergeable && settings.receivedFrames() == ReceivedFrames.AS_GIVEN,
              receive.size() / perBuffer);
      // A large frame is sent from several buffers, one of them with the header before it.
      int transmitBufferSize =
          OffloadFeatures.bufferSize(
              bufferSize,
              headerLength + (offloads.sendsLarge() ? OffloadFeatures.LONGEST_FRAME : longestFrame),
              true,
              transmit.size() - perBuffer + 1);
      BufferPool receivePool = pool(memory, receive, receiveBufferSize, headerLength);
      BufferPool transmitPool = pool(memory, transmit, transmitBufferSize, headerLength);
      int longestUnmerged = mergeable ? OffloadFeatures.LONGEST_FRAME : receivePool.frameCapacity();
      receiveQueue =
          new ReceiveQueue(
              receive,
              transport,
              receivePool,
              counters,
              headerLength,
              separateHeader,
              features.accepted(NetFeature.MTU) ? longestFrame : longestUnmerged,
              mergeable,
              offloads,
              settings.receivedFrames());
      transmitQueue =
          new TransmitQueue(
              transmit,
              transport,
              transmitPool,
              receivePool,
              counters,
              headerLength,
              separateHeader,
              mtu,
              offloads);
      receiveQueues.add(receiveQueue);
      transmitQueues.add(transmitQueue);
      controlQueue =
          features.accepted(NetFeature.CTRL_VQ)
              ? Optional.of(controlQueue(memory))
              : Optional.empty();
      receiveQueue.enableInterrupts();
      transmitQueue.disableInterrupts();
      boolean wanted = receiveQueue.fill();
      device.start();
      if (wanted) {
        receiveQueue.ringDoorbell();
      }
      // Not what was read before: from the start on each change is told, an earlier one is not.
      initialState = readState();
    } catch (RuntimeException e) {
      giveUp(e);
      throw e;
    }
    LOG.debug("MAC address: {}", mac);
  }

  /** Each queue's pool has twice the buffers that its ring holds: see {@link ReceiveQueue}. */
  private BufferPool pool(DeviceMemory memory, Virtqueue queue, int bufferSize, int headerLength) {
    int count = 2 * queue.size();
    DeviceRegion region = memory.allocate((long) count * bufferSize, LARGEST_ALIGNMENT);
    var pool = new BufferPool(region, count, bufferSize, headerLength);
    pools.add(pool);
    return pool;
  }

  /** No device asks for more; pages keep the buffers of a pool together. */
  private static final int LARGEST_ALIGNMENT = 4096;

  /**
   * @param perBuffer pieces that each buffer has
   */
  private QueueMemory queue(DeviceMemory memory, int index, int wantedSize, int perBuffer) {
    Transport transport = device.transport();
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
            index, size, perBuffer, transport.usedRingAlignment(), ringFeatures, memory);
    rings.add(queue.region());
    device.enableQueue(queue);
    return queue;
  }

  private ControlQueue controlQueue(DeviceMemory memory) {
    Transport transport = device.transport();
    var limits = transport.readConfig(space -> ControlLimits.read(space, features.accepted()));
    int index = limits.controlQueue();
    if (transport.queueSizeMax(index) == 0) {
      throw new VirtioException(
          "the device offers a control queue but has no virtqueue %d: broken device; disabled-features = [CTRL_VQ] does without it"
              .formatted(index));
    }
    Virtqueue queue = queue(memory, index, CONTROL_QUEUE_SIZE, 1).queue();
    DeviceRegion region = memory.allocate(ControlQueue.BYTES, LARGEST_ALIGNMENT);
    rings.add(region);
    return new ControlQueue(queue, transport, region, limits);
  }

  private void giveUp(RuntimeException cause) {
    try {
      device.fail();
      end();
    } catch (VirtioException | MachineException e) {
      cause.addSuppressed(e);
    }
  }

  /** The device's address, or ours where it has none of use. */
  public MacAddress mac() {
    return mac;
  }

  /** The most bytes that a frame may carry after its Ethernet header. */
  public int mtu() {
    return mtu;
  }

  public FeatureReport features() {
    return features;
  }

  /** Whether the device speaks the legacy interface. */
  public boolean isLegacy() {
    return device.transport().isLegacy();
  }

  /** The address that the device gave itself; empty when it gave none of use. */
  public Optional<MacAddress> deviceMac() {
    return deviceMac;
  }

  /** The link as it was right after the device was started. */
  public Link initialLink() {
    return initialState.link();
  }

  /** What may change, as it was right after the device was started. */
  public LinkState initialState() {
    return initialState;
  }

  /** The link as it is now. */
  public Link readLink() {
    return readState().link();
  }

  /** What may change, as it is now. */
  public LinkState readState() {
    return device.transport().readConfig(space -> NetConfig.readState(space, features.accepted()));
  }

  /** Whether the device asks to be reset; to be looked at with each configuration interrupt. */
  public boolean needsReset() {
    return device.needsReset();
  }

  /**
   * Asks the device why it raised its line, and takes the line down. To be followed by {@link
   * virtionet.machine.InterruptLine#enable()} and then by a look at the queues: in this order no
   * event can be lost, since what comes after the look raises the line again.
   *
   * @return bits of {@link virtionet.virtio.Interrupts}; 0 for a spurious interrupt
   */
  public int takeInterrupts() {
    int causes = device.transport().interruptStatus();
    if (causes != 0) {
      device.transport().acknowledgeInterrupts(causes);
    }
    return causes;
  }

  /**
   * Whether there is something that an interrupt was asked for; for the receive queue's owner, when
   * none came. Leaves all as it is.
   */
  public boolean hasUnheardWork() {
    return device.transport().interruptStatus() != 0 || receiveQueue.hasUsed();
  }

  public ReceiveQueue receiveQueue() {
    return receiveQueue;
  }

  public TransmitQueue transmitQueue() {
    return transmitQueue;
  }

  /** Of each queue pair that is set up, in their order. */
  public List<ReceiveQueue> receiveQueues() {
    return receiveQueues;
  }

  /** Of each queue pair that is set up, in their order. */
  public List<TransmitQueue> transmitQueues() {
    return transmitQueues;
  }

  /**
   * The queue that a frame is to be sent on, among those that the device reads at present. All
   * frames of a flow go to the same one, and so the device receives their answers on its pair.
   *
   * @param pair the one that the sender is on; empty: any
   */
  public TransmitQueue transmitQueue(OptionalInt pair, Frame frame) {
    int count = transmitQueues.size();
    if (count == 1) {
      return transmitQueues.getFirst();
    }
    int chosen = pair.isPresent() ? pair.getAsInt() : FlowHash.of(frame.bytes());
    return transmitQueues.get(chosen % count);
  }

  /** Empty where {@link NetFeature#CTRL_VQ} was not accepted. */
  public Optional<ControlQueue> controlQueue() {
    return controlQueue;
  }

  public Counters counters() {
    return counters;
  }

  /** Whether each buffer is where exactly one party knows of it; when nothing moves meanwhile. */
  public boolean isConserved() {
    return pools.stream().allMatch(pool -> pool.census().isConserved());
  }

  /** Received and transmit buffers that are held outside the driver or in flight. */
  public int lentBuffers() {
    return pools.stream().mapToInt(BufferPool::lent).sum();
  }

  /** Tells the device that it is given up for what it did (VirtIO 1.3 §2.1.1), before the end. */
  public void fail() {
    try {
      device.fail();
    } catch (MachineException e) {
      LOG.debug("the device cannot be told that it failed", e);
    }
  }

  /**
   * Takes the transmit queue away from the device and gives it back empty; frames in flight are
   * aborted, and receiving goes on. For the transmit queue's owner.
   *
   * @return how many frames were in flight
   * @throws VirtioException when RING_RESET was not accepted, or the device does not keep what it
   *     promises: then the frames are still the device's, and only a reset of the device helps
   */
  public int restartTransmit() {
    device.restartQueue(transmitMemory, settings.resetTimeout());
    transmitQueue.disableInterrupts();
    return transmitQueue.abort();
  }

  /**
   * Resets the device and gives its memory back; memory whose frames are still held goes back with
   * the last of them. Frames in flight are aborted. No queue may be in use any more. A second call
   * does nothing.
   *
   * @throws VirtioException when the device does not confirm the reset: its memory is withdrawn for
   *     good, since it may still write there
   */
  public void end() {
    if (ended) {
      return;
    }
    ended = true;
    try {
      device.reset(settings.resetTimeout());
    } catch (VirtioException | MachineException e) {
      pools.forEach(BufferPool::quarantine);
      rings.forEach(DeviceRegion::quarantine);
      abortTransmit();
      throw e;
    }
    abortTransmit();
    pools.forEach(BufferPool::retire);
    rings.forEach(DeviceRegion::free);
  }

  /** The queue is missing when the device failed on its way up. */
  @SuppressWarnings("NullAway")
  private void abortTransmit() {
    Optional.ofNullable(transmitQueue).ifPresent(TransmitQueue::abort);
  }

  /** All counters, as they stand. */
  public Map<Counter, Long> snapshot() {
    return counters.snapshot();
  }
}
