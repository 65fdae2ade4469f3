package virtionet.driver;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import virtionet.net.BufferBalance;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.FrameBatch;
import virtionet.net.KeptState;
import virtionet.net.NetDevice;
import virtionet.net.Reading;

/** A client's hold on a device, over all resets of the device. Any thread. */
public final class DeviceHandle {
  private final LinkMonitor links;
  private final DeviceEvents events;
  private final DeviceControl control;
  private final KeptState kept;
  private volatile Life life;
  private volatile List<Client> clients = List.of();

  /** What is true from one start to the next. */
  private record Life(DeviceInfo info, Optional<NetDevice> device) {}

  DeviceHandle(
      DeviceInfo info,
      LinkMonitor links,
      DeviceEvents events,
      DeviceControl control,
      KeptState kept,
      Optional<NetDevice> device) {
    this.links = links;
    this.events = events;
    this.control = control;
    this.kept = kept;
    life = new Life(info, device);
  }

  /** The device was started anew. */
  void started(DeviceInfo info, NetDevice device) {
    life = new Life(info, Optional.of(device));
  }

  /** The device is in no state to have new frames laid into its memory. */
  void stopped() {
    life = new Life(life.info(), Optional.empty());
  }

  /** These are connected from now on. */
  void connected(List<Client> now) {
    clients = List.copyOf(now);
  }

  /** What is known of it; of its last start. */
  public DeviceInfo info() {
    return life.info();
  }

  /** Its link, now and from now on. */
  public LinkMonitor links() {
    return links;
  }

  /** Whatever happens to it. */
  public DeviceEvents events() {
    return events;
  }

  /** What it can be told to do. */
  public DeviceControl control() {
    return control;
  }

  /** A frame of the given length that lies in device memory, if there is room for one. */
  public Optional<Frame> allocate(int length) {
    return life.device().flatMap(device -> device.transmitQueue().allocate(length));
  }

  /**
   * Adds such frames, of {@code length} bytes each, to a batch: as many as are wanted or there is
   * room for; how many.
   */
  public int allocate(FrameBatch batch, int frames, int length) {
    return life.device()
        .map(device -> device.transmitQueue().allocate(batch, frames, length))
        .orElse(0);
  }

  /** How the counters stand. */
  public Map<Counter, Long> counters() {
    return kept.counters().snapshot();
  }

  /**
   * All that is counted and measured of it, as it stands; read here and now, at no cost to the
   * queues. Of a device that is down, the rings are left out.
   */
  public List<Reading> readings() {
    return DeviceReadings.of(this, life.device(), clients);
  }

  /** Its rings, slot by slot; none while it is down. */
  public List<RingPicture> rings() {
    return life.device().map(RingPicture::of).orElse(List.of());
  }

  /** Where its buffers are; also of a device that has ended. */
  public BufferBalance buffers() {
    return kept.buffers();
  }

  /** Its buffers that are held outside the driver or in flight; 0 while it is down. */
  public int lentBuffers() {
    return life.device().map(NetDevice::lentBuffers).orElse(0);
  }

  /**
   * Whether each of its buffers is free, with the device, or lent, and none two of these; when
   * nothing moves meanwhile.
   */
  public boolean isConserved() {
    return life.device().map(NetDevice::isConserved).orElse(true);
  }
}
