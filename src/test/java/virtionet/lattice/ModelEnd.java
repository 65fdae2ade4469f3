package virtionet.lattice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import virtionet.net.NetFeature;
import virtionet.testing.NetDeviceModel;
import virtionet.testing.Patience;
import virtionet.virtio.CommonFeature;

/** What is beyond a device model: the test itself. */
final class ModelEnd implements FarEnd {
  private static final int RECEIVE = 0;
  private static final int TRANSMIT = 1;
  private static final int DESCRIPTOR = 16;
  private static final int INDIRECT = 4;
  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final NetDeviceModel device;
  private final Combination combination;
  private final int bufferBytes;
  private final Deque<byte[]> transmitted = new ArrayDeque<>();
  private boolean byHand;
  private boolean paused;

  /**
   * @param bufferBytes of each buffer that the driver gives the device for merged frames
   */
  ModelEnd(NetDeviceModel device, Combination combination, int bufferBytes) {
    this.device = device;
    this.combination = combination;
    this.bufferBytes = bufferBytes;
  }

  @Override
  public void send(byte[] frame) {
    int buffers =
        combination.has(NetFeature.MRG_RXBUF)
            ? Math.ceilDiv(combination.headerLength() + frame.length, bufferBytes)
            : 1;
    Patience.until("buffers for a frame", () -> device.waiting(RECEIVE) >= buffers);
    assertTrue(device.receive(frame));
  }

  @Override
  public byte[] receive() {
    Patience.until("the device has transmitted", this::take);
    return Objects.requireNonNull(transmitted.poll());
  }

  private boolean take() {
    if (byHand && !paused) {
      device.transmitNow();
    }
    transmitted.addAll(device.takeTransmitted());
    return !transmitted.isEmpty();
  }

  @Override
  public void pause() {
    device.stall();
    byHand = true;
    paused = true;
  }

  @Override
  public void resume() {
    paused = false;
  }

  /** That the ring is of its kind, and that tables are used where they may be. */
  @Override
  public void inspectFullQueue() {
    assertEquals(combination.has(CommonFeature.RING_PACKED), isPacked(), "the ring's format");
    boolean severalPieces = combination.separatesHeader() || combination.has(NetFeature.MRG_RXBUF);
    assertEquals(
        combination.has(CommonFeature.INDIRECT_DESC) && severalPieces,
        hasIndirectDescriptor(),
        "tables for buffers of several pieces");
  }

  private boolean isPacked() {
    return device.ring(TRANSMIT).getClass().getSimpleName().startsWith("Packed");
  }

  /** Flags lie at 12 in a descriptor of a split ring, at 14 in one of a packed ring. */
  private boolean hasIndirectDescriptor() {
    MemorySegment descriptors = device.ring(TRANSMIT).descriptors();
    for (long at = isPacked() ? 14 : 12; at < descriptors.byteSize(); at += DESCRIPTOR) {
      if ((descriptors.get(U16, at) & INDIRECT) != 0) {
        return true;
      }
    }
    return false;
  }

  /** That each buffer of the receive queue is back with the device, and none of the other. */
  @Override
  public void inspectAtRest() {
    Patience.until("all buffers are posted", () -> device.waiting(RECEIVE) == postedAtRest());
    assertEquals(0, device.waiting(TRANSMIT));
    assertEquals(0, device.ring(RECEIVE).outstanding().size());
    assertEquals(0, device.ring(TRANSMIT).outstanding().size());
    assertEquals(List.of(), device.violations());
  }

  /** A buffer of two pieces wants two free descriptors, although in a table it takes but one. */
  private int postedAtRest() {
    if (!combination.separatesHeader()) {
      return Traffic.RING;
    }
    return combination.has(CommonFeature.INDIRECT_DESC) ? Traffic.RING - 1 : Traffic.RING / 2;
  }
}
