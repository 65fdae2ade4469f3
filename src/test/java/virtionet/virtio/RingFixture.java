package virtionet.virtio;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import virtionet.testing.DeviceSideRing;
import virtionet.testing.DeviceView;

/**
 * Both sides of a split virtqueue on one piece of memory.
 *
 * @param buffers device address of memory for buffers
 */
record RingFixture(SplitVirtqueue driver, DeviceSideRing device, long buffers) {
  private static final long BASE = 0x4000_0000L;
  private static final int BUFFER_BYTES = 1 << 16;

  static RingFixture of(int size, boolean eventIndex, int firstIndex) {
    var layout = new SplitRingLayout(size, 64);
    MemorySegment block = Arena.ofAuto().allocate(layout.bytes() + BUFFER_BYTES, 4096);
    var device =
        new DeviceSideRing(
            new DeviceView(block, BASE),
            size,
            BASE,
            BASE + layout.availableRing(),
            BASE + layout.usedRing(),
            eventIndex,
            firstIndex);
    var driver =
        new SplitVirtqueue(0, layout, block.asSlice(0, layout.bytes()), eventIndex, firstIndex);
    return new RingFixture(driver, device, BASE + layout.bytes());
  }

  /** A chain of that many writable pieces of 64 bytes. */
  DescriptorChain chain(int pieces) {
    var chain = new DescriptorChain();
    for (int i = 0; i < pieces; i++) {
      chain.writable(buffers + 64L * i, 64);
    }
    return chain;
  }

  /** Adds one piece, publishes it, and has the device use it. */
  void roundTrip(int token) {
    driver.add(chain(1), token);
    driver.publish();
    device.use(device.take().orElseThrow().head(), 1);
  }
}
