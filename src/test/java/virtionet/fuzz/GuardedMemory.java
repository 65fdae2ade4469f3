package virtionet.fuzz;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import virtionet.machine.DeviceMemory;
import virtionet.machine.DeviceRegion;

/**
 * Device memory whose regions are followed by bytes that are nobody's: whoever writes beyond a
 * region changes them. Any thread.
 */
final class GuardedMemory implements DeviceMemory {
  private static final int GUARD = 64;
  private static final byte CANARY = (byte) 0xa5;

  private final DeviceMemory memory;
  private final Set<Guarded> regions = ConcurrentHashMap.newKeySet();

  GuardedMemory(DeviceMemory memory) {
    this.memory = memory;
  }

  @Override
  public DeviceRegion allocate(long bytes, long alignment) {
    DeviceRegion whole = memory.allocate(bytes + GUARD, alignment);
    whole.segment().asSlice(bytes).fill(CANARY);
    var region = new Guarded(whole, whole.segment().asSlice(0, bytes));
    regions.add(region);
    return region;
  }

  @Override
  public long available() {
    return memory.available();
  }

  @Override
  public long quarantined() {
    return memory.quarantined();
  }

  /** The region that this lies in, if it is one of these. */
  Optional<MemorySegment> around(MemorySegment part) {
    for (Guarded region : regions) {
      long offset = part.address() - region.inner.address();
      if (offset >= 0 && offset < region.inner.byteSize()) {
        return Optional.of(region.inner);
      }
    }
    return Optional.empty();
  }

  /** Nothing was written beyond a region. */
  void check() {
    regions.forEach(Guarded::check);
  }

  private final class Guarded implements DeviceRegion {
    private final DeviceRegion whole;
    private final MemorySegment inner;

    Guarded(DeviceRegion whole, MemorySegment inner) {
      this.whole = whole;
      this.inner = inner;
    }

    void check() {
      MemorySegment guard = whole.segment().asSlice(inner.byteSize());
      for (long at = 0; at < GUARD; at++) {
        if (guard.get(ValueLayout.JAVA_BYTE, at) != CANARY) {
          throw new AssertionError(
              "%d bytes behind the end of a region of %d bytes something was written"
                  .formatted(at, inner.byteSize()));
        }
      }
    }

    @Override
    public MemorySegment segment() {
      return inner;
    }

    @Override
    public long deviceAddress() {
      return whole.deviceAddress();
    }

    @Override
    public void free() {
      check();
      whole.free();
      regions.remove(this);
    }

    @Override
    public void release() {
      check();
      whole.release();
    }

    @Override
    public void quarantine() {
      check();
      whole.quarantine();
      regions.remove(this);
    }
  }
}
