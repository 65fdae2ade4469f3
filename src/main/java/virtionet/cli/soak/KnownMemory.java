package virtionet.cli.soak;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import virtionet.machine.DeviceMemory;
import virtionet.machine.DeviceRegion;

/**
 * A machine's memory, of which it is known what the driver has taken last, and where. Any thread.
 */
final class KnownMemory implements DeviceMemory {
  private final DeviceMemory memory;
  private final long all;

  /** By the device's address. A region that was freed stays until another begins there. */
  private final ConcurrentSkipListMap<Long, MemorySegment> taken = new ConcurrentSkipListMap<>();

  KnownMemory(DeviceMemory memory) {
    this.memory = memory;
    all = memory.available();
  }

  @Override
  public DeviceRegion allocate(long bytes, long alignment) {
    DeviceRegion region = memory.allocate(bytes, alignment);
    taken.put(region.deviceAddress(), region.segment());
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

  /** Bytes that the driver has at present. */
  long inUse() {
    return all - memory.available() - memory.quarantined();
  }

  /** From that address to the end of its region; empty where none is known. */
  Optional<MemorySegment> from(long address) {
    Map.Entry<Long, MemorySegment> region = taken.floorEntry(address);
    return Optional.ofNullable(region)
        .filter(found -> address < found.getKey() + found.getValue().byteSize())
        .map(found -> found.getValue().asSlice(address - found.getKey()));
  }
}
