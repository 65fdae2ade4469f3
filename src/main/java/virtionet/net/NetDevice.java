package virtionet.net;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.machine.DeviceAccess;
import virtionet.machine.DeviceMemory;
import virtionet.machine.MachineException;
import virtionet.virtio.FeatureReport;
import virtionet.virtio.Finding;
import virtionet.virtio.Health;
import virtionet.virtio.Probe;
import virtionet.virtio.StartListener;
import virtionet.virtio.VirtioDevice;
import virtionet.virtio.VirtioException;

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

  private final VirtioDevice device;
  private final NetSettings settings;
  private final FeatureReport features;
  private final LinkState initialState;
  private final Optional<MacAddress> deviceMac;
  private final MacAddress mac;
  private final int mtu;
  private final KeptState kept;
  private final boolean keepsNothing;
  private final DeviceQueues queues;
  private volatile int enabledPairs;
  private boolean ended;
  private int abortedFrames;

  /** As the other, for a device that is started but once: its end gives all memory back. */
  public static NetDevice bringUp(
      DeviceAccess access,
      Finding.Device found,
      DeviceMemory memory,
      NetSettings settings,
      MacAddress ownMac) {
    return bringUp(
        access, found, memory, settings, ownMac, new KeptState(), true, StartListener.NONE);
  }

  /**
   * Brings a device up (VirtIO 1.3 §3.1.1, §5.1.5).
   *
   * @param found what a probe of it said: a network card
   * @param ownMac the address to take when the device gives none of use; best the same each time
   * @param kept of its lives before; its {@link KeptState#end() end} is the caller's affair
   * @param listener hears of each step, also of those that end the device
   * @throws VirtioException when the device does not let itself be brought up; it has been reset
   * @throws MachineException when there is not enough memory, or the machine is gone
   */
  public static NetDevice bringUp(
      DeviceAccess access,
      Finding.Device found,
      DeviceMemory memory,
      NetSettings settings,
      MacAddress ownMac,
      KeptState kept,
      StartListener listener) {
    return bringUp(access, found, memory, settings, ownMac, kept, false, listener);
  }

  /**
   * @param keepsNothing whether the end of this life is that of the kept state as well
   */
  static NetDevice bringUp(
      DeviceAccess access,
      Finding.Device found,
      DeviceMemory memory,
      NetSettings settings,
      MacAddress ownMac,
      KeptState kept,
      boolean keepsNothing,
      StartListener listener) {
    Objects.requireNonNull(access, "access");
    if (!found.isNetworkCard()) {
      throw new VirtioException("not a network card but a " + found.typeName());
    }
    VirtioDevice device = new VirtioDevice(Probe.transport(access, found), listener);
    device.reset(settings.resetTimeout());
    if (kept.pools().liftQuarantine(memory)) {
      kept.counters().increment(Counter.QUARANTINES_LIFTED);
      LOG.info("the device has confirmed a reset: memory that was withdrawn from it is given back");
    }
    device.acknowledge();
    NetConfig config;
    FeatureReport features;
    try {
      long offered = device.transport().deviceFeatures();
      config = device.transport().readConfig(space -> NetConfig.read(space, offered));
      features = NetNegotiation.negotiate(device.transport(), config, offered, settings);
      listener.features(features);
      device.acceptFeatures(features.accepted());
    } catch (RuntimeException e) {
      refuse(device, settings, e);
      throw e;
    }
    return new NetDevice(device, memory, settings, features, config, ownMac, kept, keepsNothing);
  }

  private static void refuse(VirtioDevice device, NetSettings settings, RuntimeException cause) {
    try {
      device.fail();
      device.reset(settings.resetTimeout());
    } catch (VirtioException | MachineException e) {
      cause.addSuppressed(e);
    }
  }

  private NetDevice(
      VirtioDevice device,
      DeviceMemory memory,
      NetSettings settings,
      FeatureReport features,
      NetConfig config,
      MacAddress ownMac,
      KeptState kept,
      boolean keepsNothing) {
    this.device = device;
    this.kept = kept;
    this.keepsNothing = keepsNothing;
    this.settings = settings;
    this.features = features;
    deviceMac = features.accepted(NetFeature.MAC) ? config.mac() : Optional.empty();
    mac = deviceMac.orElse(ownMac);
    mtu = features.accepted(NetFeature.MTU) ? config.mtu().orElse(DEFAULT_MTU) : DEFAULT_MTU;
    queues = new DeviceQueues(device, memory, settings, features, mtu, kept);
    try {
      queues.setUp();
      enabledPairs = device.transport().queues().isPresent() ? queues.receive().size() : 1;
      device.start();
      queues.ringDoorbells();
      // Not what was read before: from the start on each change is told, an earlier one is not.
      initialState = readState();
    } catch (RuntimeException e) {
      giveUp(e);
      throw e;
    }
    LOG.debug("MAC address: {}", mac);
  }

  private void giveUp(RuntimeException cause) {
    fail();
    try {
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

  /** How it stands; to be looked at with each configuration interrupt, and now and then. */
  public Health health() {
    return device.health();
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

  /** Whether there are received buffers that were not taken yet; for the queues' owner. */
  public boolean hasReceived() {
    List<ReceiveQueue> rings = queues.receive();
    for (int i = 0; i < rings.size(); i++) {
      if (rings.get(i).hasUsed()) {
        return true;
      }
    }
    return false;
  }

  /** Whether the device has sent frames that were not taken back yet; for the queues' owner. */
  public boolean hasSent() {
    List<TransmitQueue> rings = queues.transmit();
    for (int i = 0; i < rings.size(); i++) {
      if (rings.get(i).hasUsed()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Refills all receive queues and asks for interrupts on them; whether there are frames already.
   */
  public boolean enableReceiveInterrupts() {
    boolean received = false;
    for (ReceiveQueue ring : queues.receive()) {
      ring.refill();
      received |= ring.enableInterrupts();
    }
    return received;
  }

  /**
   * Whether there is something that an interrupt was asked for; for the receive queue's owner, when
   * none came. Leaves all as it is.
   */
  public boolean hasUnheardWork() {
    return device.transport().interruptStatus() != 0 || hasReceived();
  }

  /** Of the first queue pair. */
  public ReceiveQueue receiveQueue() {
    return queues.receive().getFirst();
  }

  /** Of the first queue pair. */
  public TransmitQueue transmitQueue() {
    return queues.transmit().getFirst();
  }

  /** Of each queue pair that is set up, in their order. */
  public List<ReceiveQueue> receiveQueues() {
    return queues.receive();
  }

  /** Of each queue pair that is set up, in their order. */
  public List<TransmitQueue> transmitQueues() {
    return queues.transmit();
  }

  /**
   * The queue that a frame is to be sent on, among those that the device reads at present. All
   * frames of a flow go to the same one, and so the device receives their answers on its pair.
   *
   * @param pair the one that the sender is on; empty: any
   */
  public TransmitQueue transmitQueue(OptionalInt pair, Frame frame) {
    int enabled = enabledPairs();
    if (enabled == 1) {
      return queues.transmit().getFirst();
    }
    int chosen = pair.isPresent() ? pair.getAsInt() : FlowHash.of(frame.piece(0));
    return queues.transmit().get(chosen % enabled);
  }

  /** The same where it does not depend on the frame. */
  public Optional<TransmitQueue> transmitQueueOfAll(OptionalInt pair) {
    int enabled = enabledPairs();
    if (enabled > 1 && pair.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(queues.transmit().get(pair.orElse(0) % enabled));
  }

  /** Whether a frame of a sender on that pair may find room; with several queues it may not yet. */
  public boolean hasTransmitRoom(OptionalInt pair) {
    int enabled = enabledPairs();
    if (enabled == 1 || pair.isPresent()) {
      return queues.transmit().get(pair.orElse(0) % enabled).room() > 0;
    }
    for (int i = 0; i < enabled; i++) {
      if (queues.transmit().get(i).room() > 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * Queue pairs that the device uses: one at the start (VirtIO 1.3 §5.1.6.5.5), but all of a device
   * that has no control queue to ask for more.
   */
  public int enabledPairs() {
    return enabledPairs;
  }

  /**
   * Sends on so many pairs from now on; before the device is told of fewer, and after it has taken
   * more. For the transmit queues' owner, or it would send meanwhile on one that is given up.
   */
  public void enablePairs(int pairs) {
    enabledPairs = Math.max(1, Math.min(pairs, queues.transmit().size()));
  }

  /** Empty where {@link NetFeature#CTRL_VQ} was not accepted. */
  public Optional<ControlQueue> controlQueue() {
    return queues.control();
  }

  /** How the device can hash received frames; nothing where neither feature was accepted. */
  public HashLimits hashLimits() {
    return queues.control().map(queue -> queue.limits().hashes()).orElse(HashLimits.NONE);
  }

  public Counters counters() {
    return kept.counters();
  }

  /** What outlives it. Any thread. */
  public KeptState kept() {
    return kept;
  }

  /**
   * Whether each buffer is where exactly one party knows of it, and the queues know of those that
   * the device has. For the owner of all queues, before the end.
   */
  public boolean isConserved() {
    return queues.isConserved();
  }

  /** Received and transmit buffers that are held outside the driver or in flight. */
  public int lentBuffers() {
    return queues.lentBuffers();
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
   * Takes a transmit queue away from the device and gives it back empty; frames in flight are
   * aborted, and receiving goes on. For the transmit queue's owner.
   *
   * @return how many frames were in flight
   * @throws VirtioException when RING_RESET was not accepted, or the device does not keep what it
   *     promises: then the frames are still the device's, and only a reset of the device helps
   */
  public int restartTransmit(int pair) {
    device.restartQueue(queues.transmitMemory(pair), settings.resetTimeout());
    TransmitQueue queue = queues.transmit().get(pair);
    queue.disableInterrupts();
    return queue.abort();
  }

  /**
   * Resets the device and takes its memory back. Frames in flight are aborted. No queue may be in
   * use any more. A second call does nothing.
   *
   * @throws VirtioException when the device does not confirm the reset: its memory is withdrawn,
   *     since it may still write there, until it confirms a later one
   */
  public void end() {
    if (ended) {
      return;
    }
    ended = true;
    try {
      device.reset(settings.resetTimeout());
    } catch (VirtioException | MachineException e) {
      abortedFrames = queues.quarantine();
      throw e;
    }
    abortedFrames = queues.end();
    if (keepsNothing) {
      kept.end();
    }
  }

  /** Frames that the device still had for transmission at its end. */
  public int abortedFrames() {
    return abortedFrames;
  }

  /** All counters, as they stand. */
  public Map<Counter, Long> snapshot() {
    return counters().snapshot();
  }
}
