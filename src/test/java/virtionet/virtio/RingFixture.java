package virtionet.virtio;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import virtionet.testing.DeviceSideRing;
import virtionet.testing.DeviceView;
import virtionet.testing.ModelSettings;
import virtionet.testing.PackedDeviceRing;
import virtionet.testing.SplitDeviceRing;

/**
 * Both sides of a virtqueue on one piece of memory.
 *
 * @param buffers device address of memory for buffers
 */
record RingFixture(Virtqueue driver, DeviceSideRing device, RingFeatures features, long buffers) {
  static final RingFeatures SPLIT = new RingFeatures(false, false, false, false, false);
  static final RingFeatures PACKED = new RingFeatures(true, false, false, false, false);

  /** Pieces that an indirect table holds here. */
  static final int TABLE = 4;

  /** Where the device finds the first byte of the memory. */
  static final long BASE = 0x4000_0000L;

  private static final int BUFFER_BYTES = 1 << 16;
  private static final int ALIGNMENT = 4096;

  /** {split, packed} × {EVENT_IDX} × {INDIRECT_DESC} × {IN_ORDER}. */
  static List<RingFeatures> kinds() {
    List<RingFeatures> kinds = new ArrayList<>();
    for (int bits = 0; bits < 16; bits++) {
      kinds.add(
          new RingFeatures(
              (bits & 8) != 0, (bits & 4) != 0, (bits & 2) != 0, (bits & 1) != 0, false));
    }
    return kinds;
  }

  /** Both formats with and without EVENT_IDX. */
  static Stream<RingFeatures> formats() {
    return kinds().stream().filter(kind -> !kind.indirect() && !kind.inOrder());
  }

  static RingFeatures withEventIndex(RingFeatures kind) {
    return new RingFeatures(kind.packed(), true, kind.indirect(), kind.inOrder(), false);
  }

  private static long bits(RingFeatures features) {
    return (features.packed() ? ModelSettings.RING_PACKED : 0)
        | (features.eventIndex() ? ModelSettings.EVENT_IDX : 0)
        | (features.indirect() ? ModelSettings.INDIRECT_DESC : 0)
        | (features.inOrder() ? ModelSettings.IN_ORDER : 0)
        | (features.notificationData() ? ModelSettings.NOTIFICATION_DATA : 0);
  }

  static RingFixture of(RingFeatures features, int size) {
    return of(features, size, 0);
  }

  /**
   * A ring that so many buffers have gone through before: in a split one by its indices, in a
   * packed one for the rest of two laps.
   */
  static RingFixture of(RingFeatures features, int size, int before) {
    return of(
        features, size, before, BUFFER_BYTES, bytes -> Arena.ofAuto().allocate(bytes, ALIGNMENT));
  }

  /**
   * The same in memory of the caller's.
   *
   * @param bufferBytes what there is to be for buffers
   * @param memory gives so many zeroed bytes
   */
  static RingFixture of(
      RingFeatures features,
      int size,
      int before,
      int bufferBytes,
      LongFunction<MemorySegment> memory) {
    RingLayout layout =
        features.packed() ? new PackedRingLayout(size) : new SplitRingLayout(size, 64);
    long tablesAt = (layout.bytes() + 15L) & -16L;
    int pieces = Math.min(TABLE, size);
    long buffersAt = tablesAt + IndirectTables.bytes(size, pieces);
    MemorySegment block = memory.apply(buffersAt + bufferBytes);
    MemorySegment ring = block.asSlice(0, layout.bytes());
    IndirectTables tables =
        features.indirect()
            ? new IndirectTables(
                block.asSlice(tablesAt, buffersAt - tablesAt), BASE + tablesAt, pieces)
            : null;
    var view = new DeviceView(block, BASE);
    long driverArea = BASE + layout.driverArea();
    long deviceArea = BASE + layout.deviceArea();
    if (layout instanceof PackedRingLayout packed) {
      var fixture =
          new RingFixture(
              new PackedVirtqueue(0, packed, ring, features, tables),
              new PackedDeviceRing(view, size, BASE, driverArea, deviceArea, bits(features)),
              features,
              BASE + buffersAt);
      for (int i = 0; i < before % (2 * size); i++) {
        fixture.roundTrip(i);
        fixture.driver().poll();
      }
      fixture.device().wantsInterrupt();
      return fixture;
    }
    return new RingFixture(
        new SplitVirtqueue(0, (SplitRingLayout) layout, ring, features, tables, before),
        new SplitDeviceRing(view, size, BASE, driverArea, deviceArea, bits(features), before),
        features,
        BASE + buffersAt);
  }

  /** Descriptors of the ring that a chain of so many pieces takes. */
  int span(int pieces) {
    return features.indirect() && pieces <= Math.min(TABLE, driver.size()) ? 1 : pieces;
  }

  /** A chain of that many writable pieces of 64 bytes. */
  DescriptorChain chain(int pieces) {
    var chain = new DescriptorChain();
    for (int i = 0; i < pieces; i++) {
      chain.writable(buffers + 64L * i, 64);
    }
    return chain;
  }

  /**
   * Adds so many buffers of one piece, with tokens from this one on, and publishes them at once.
   */
  boolean give(int firstToken, int count) {
    for (int i = 0; i < count; i++) {
      driver.add(chain(1), firstToken + i);
    }
    return driver.publish();
  }

  /** All that waits, taken by the device. */
  List<DeviceSideRing.Chain> takeAll() {
    List<DeviceSideRing.Chain> taken = new ArrayList<>();
    while (device.waiting() > 0) {
      taken.add(device.take().orElseThrow());
    }
    return taken;
  }

  /** Adds one piece, publishes it, and has the device use it. */
  void roundTrip(int token) {
    give(token, 1);
    device.use(device.take().orElseThrow().head(), 1);
  }
}
