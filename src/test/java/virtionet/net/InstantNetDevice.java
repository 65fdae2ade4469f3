package virtionet.net;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Set;
import virtionet.machine.ForwardingRegisters;
import virtionet.machine.Registers;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.virtio.Finding;
import virtionet.virtio.InstantDevice;
import virtionet.virtio.Probe;
import virtionet.virtio.StartListener;

/**
 * A network device that was brought up on the model, and whose first pair of queues then belongs to
 * devices that make no object.
 */
final class InstantNetDevice implements AutoCloseable {
  private static final int SIZE = 256;
  private static final int RECEIVE = 0;
  private static final int TRANSMIT = 1;

  private static final long QUEUE_SEL = 0x30;
  private static final long QUEUE_DESC_LOW = 0x80;
  private static final long QUEUE_DRIVER_LOW = 0x90;
  private static final long QUEUE_DEVICE_LOW = 0xa0;

  private final ModelMachine machine;
  private final boolean packed;
  private final NetDevice device;
  private final InstantDevice receiving;
  private final InstantDevice transmitting;

  InstantNetDevice(boolean packed, boolean paranoid) {
    this.packed = packed;
    ModelSettings settings = ModelSettings.modern();
    machine = ModelMachine.of(packed ? settings.offering(ModelSettings.RING_PACKED) : settings);
    machine.device(0).stall();
    var places = new Places(machine.access(machine.slots(Set.of("virtio,mmio")).getFirst()));
    Finding.Device found = (Finding.Device) Probe.probe(places);
    var net = new NetSettings(SIZE, SIZE, 2048, Duration.ofSeconds(1), Set.of());
    device =
        NetDevice.bringUp(
            places,
            found,
            machine.memory(),
            net.withParanoid(paranoid),
            TestDevice.OWN_MAC,
            new KeptState(false),
            true,
            StartListener.NONE);
    receiving = instant(places, RECEIVE);
    transmitting = instant(places, TRANSMIT);
    device.receiveQueue().disableInterrupts();
  }

  private InstantDevice instant(Places places, int queue) {
    long[] at = places.areas[queue];
    MemorySegment all = machine.view().block();
    long ring = at[0] - machine.view().base();
    return InstantDevice.of(
        packed, all.asSlice(ring, all.byteSize() - ring), SIZE, at[1] - at[0], at[2] - at[0]);
  }

  /** So many frames of so many bytes have come; their headers and bytes are zeros. */
  void receiveFrames(int frames, int bytes) {
    int used = receiving.use(frames, 12 + bytes);
    if (used != frames) {
      throw new IllegalStateException(used + " of " + frames + " frames found a buffer");
    }
  }

  /** All that the driver sent is done. */
  void transmitFrames() {
    transmitting.use(SIZE, 0);
  }

  ReceiveQueue receiveQueue() {
    return device.receiveQueue();
  }

  TransmitQueue transmitQueue() {
    return device.transmitQueue();
  }

  @Override
  public void close() {
    machine.close();
  }

  /** Where the driver puts its first two queues: the lower halves do, in the model's memory. */
  private static final class Places extends ForwardingRegisters {
    private final long[][] areas = new long[2][3];
    private int selected;

    Places(Registers device) {
      super(device);
    }

    @Override
    public void write32(long offset, int value) {
      if (offset == QUEUE_SEL) {
        selected = value;
      } else if (selected < areas.length) {
        long address = Integer.toUnsignedLong(value);
        switch ((int) offset) {
          case (int) QUEUE_DESC_LOW -> areas[selected][0] = address;
          case (int) QUEUE_DRIVER_LOW -> areas[selected][1] = address;
          case (int) QUEUE_DEVICE_LOW -> areas[selected][2] = address;
          default -> {}
        }
      }
      super.write32(offset, value);
    }
  }
}
