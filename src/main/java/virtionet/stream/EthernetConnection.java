package virtionet.stream;

import akka.NotUsed;
import akka.stream.javadsl.Source;
import java.util.Map;
import java.util.Objects;
import virtionet.driver.DeviceControl;
import virtionet.driver.DeviceEvent;
import virtionet.driver.DeviceHandle;
import virtionet.net.BufferBalance;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.FrameBatch;
import virtionet.net.HashLimits;
import virtionet.net.Link;
import virtionet.net.MacAddress;
import virtionet.virtio.FeatureReport;

/**
 * What the stream of a device's frames materializes to: the device behind it. Any thread.
 *
 * @see virtionet.VirtioNet
 */
public final class EthernetConnection {
  private final DeviceHandle device;

  private EthernetConnection(DeviceHandle device) {
    this.device = Objects.requireNonNull(device, "device");
  }

  /** The device behind a connection that was made by message. */
  public static EthernetConnection of(DeviceHandle device) {
    return new EthernetConnection(device);
  }

  /** The device's name. */
  public String name() {
    return device.info().name();
  }

  /** The address that frames from here should bear as their source; {@link #control} can set it. */
  public MacAddress mac() {
    return device.events().mac();
  }

  /** The most bytes that a frame may carry after its Ethernet header. */
  public int mtu() {
    return device.events().mtu();
  }

  /** The link as last seen. */
  public Link link() {
    return device.links().link();
  }

  /**
   * The link as it is, then each change. A slow consumer gets the latest state, not each one
   * between. Completes when the device is lost.
   */
  public Source<Link, NotUsed> links() {
    return Source.fromGraph(new LinkSource(device.links()));
  }

  /**
   * Whatever happens to the device: at first its present link, MTU and address, then each change
   * and each wish for an announcement. A slow consumer gets the latest of each kind. Completes when
   * the device is lost.
   */
  public Source<DeviceEvent, NotUsed> events() {
    return Source.fromGraph(new EventSource(device.events()));
  }

  /** What the device can be told to do: filters, address, VLANs, steering, coalescing. */
  public DeviceControl control() {
    return device.control();
  }

  /** How the device can hash received frames; nothing where it was not asked to. */
  public HashLimits hashLimits() {
    return device.info().hashLimits();
  }

  /** What was negotiated with the device, and why not more. */
  public FeatureReport features() {
    return device.info().features();
  }

  /**
   * A frame to be filled and sent: in device memory, so that it is sent without a copy, as long as
   * there is room there, else on the heap. To be released if it is not sent.
   */
  public Frame allocate(int length) {
    return device.allocate(length).orElseGet(() -> Frame.ofLength(length));
  }

  /**
   * Adds frames to a batch, to be filled and sent: as {@link #allocate(int)} makes them, but
   * without an object for each that lies in device memory, where there may be bytes of earlier
   * frames.
   *
   * <pre>{@code
   * connection.allocate(batch, batch.room(), 60);
   * for (int i = 0; i < batch.size(); i++) {
   *   MemorySegment.copy(bytes, 0, batch.memory(i), batch.offset(i), 60);
   * }
   * }</pre>
   *
   * @param frames how many
   * @param length bytes of each
   * @throws IllegalArgumentException when the batch has no room for as many, or a number is below 0
   * @throws IllegalStateException when the batch was released or passed on
   */
  public void allocate(FrameBatch batch, int frames, int length) {
    if (frames < 0 || frames > batch.room() || length < 0) {
      throw new IllegalArgumentException(
          "%d frames of %d bytes for %s: it has room for %d"
              .formatted(frames, length, batch, batch.room()));
    }
    for (int left = frames - device.allocate(batch, frames, length); left > 0; left--) {
      batch.add(Frame.ofLength(length));
    }
  }

  /** The device's counters, as they stand. */
  public Map<Counter, Long> counters() {
    return device.counters();
  }

  /** Where the device's buffers are; also of a device that has ended. */
  public BufferBalance buffers() {
    return device.buffers();
  }

  @Override
  public String toString() {
    return "%s, MAC %s, MTU %d, link %s".formatted(name(), mac(), mtu(), link());
  }
}
