package virtionet.machine;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Device memory cut from one block that is contiguous for the device: first fit, neighbours merged
 * when freed. For rings and buffer pools, taken at start and given back at the end; not for the
 * data path. Thread-safe.
 */
public final class ContiguousMemory implements DeviceMemory {
  private final MemorySegment block;
  private final long deviceBase;

  /** Free pieces by offset: none adjacent, none empty. */
  private final TreeMap<Long, Long> free = new TreeMap<>();

  private long quarantined;

  /**
   * @param block the memory as this process sees it
   * @param deviceBase the device's address of its first byte
   */
  public ContiguousMemory(MemorySegment block, long deviceBase) {
    this.block = block;
    this.deviceBase = deviceBase;
    free.put(0L, block.byteSize());
  }

  @Override
  public DeviceRegion allocate(long bytes, long alignment) {
    return tryAllocate(bytes, alignment)
        .orElseThrow(
            () ->
                new MachineException(
                    "no %d bytes of device memory in one piece: %d of %d bytes are free; use smaller queues or buffers, or give the machine more memory"
                        .formatted(bytes, available(), block.byteSize())));
  }

  /** As {@link #allocate}, but empty when there is not so much memory in one piece. */
  synchronized Optional<DeviceRegion> tryAllocate(long bytes, long alignment) {
    if (bytes <= 0) {
      throw new IllegalArgumentException("a region of " + bytes + " bytes: must be more than 0");
    }
    if (alignment < 1 || Long.bitCount(alignment) != 1) {
      throw new IllegalArgumentException("alignment " + alignment + " is not a power of two");
    }
    for (Map.Entry<Long, Long> piece : free.entrySet()) {
      long offset = piece.getKey();
      long length = piece.getValue();
      long start = alignUp(deviceBase + offset, alignment) - deviceBase;
      long end = start + bytes;
      if (end <= offset + length) {
        free.remove(offset);
        putFree(offset, start - offset);
        putFree(end, offset + length - end);
        MemorySegment segment = block.asSlice(start, bytes);
        segment.fill((byte) 0);
        return Optional.of(new Region(start, segment));
      }
    }
    return Optional.empty();
  }

  private static long alignUp(long address, long alignment) {
    return (address + alignment - 1) & -alignment;
  }

  private void putFree(long offset, long length) {
    if (length > 0) {
      free.put(offset, length);
    }
  }

  private synchronized void giveBack(long offset, long length) {
    Map.Entry<Long, Long> before = free.lowerEntry(offset);
    if (before != null && before.getKey() + before.getValue() == offset) {
      free.remove(before.getKey());
      offset = before.getKey();
      length += before.getValue();
    }
    Long after = free.remove(offset + length);
    free.put(offset, after == null ? length : length + after);
  }

  private synchronized void withdraw(long length) {
    quarantined += length;
  }

  private synchronized void takeBack(long offset, long length) {
    quarantined -= length;
    giveBack(offset, length);
  }

  @Override
  public synchronized long available() {
    return free.values().stream().mapToLong(Long::longValue).sum();
  }

  @Override
  public synchronized long quarantined() {
    return quarantined;
  }

  private final class Region implements DeviceRegion {
    private final long offset;
    private final MemorySegment segment;
    private boolean given;
    private boolean withdrawn;

    Region(long offset, MemorySegment segment) {
      this.offset = offset;
      this.segment = segment;
    }

    @Override
    public MemorySegment segment() {
      return segment;
    }

    @Override
    public long deviceAddress() {
      return deviceBase + offset;
    }

    @Override
    public void free() {
      end();
      giveBack(offset, segment.byteSize());
    }

    @Override
    public synchronized void quarantine() {
      end();
      withdraw(segment.byteSize());
      withdrawn = true;
    }

    @Override
    public synchronized void release() {
      if (!withdrawn) {
        throw new IllegalStateException(
            "region at 0x%x is not quarantined".formatted(deviceAddress()));
      }
      withdrawn = false;
      takeBack(offset, segment.byteSize());
    }

    private synchronized void end() {
      if (given) {
        throw new IllegalStateException(
            "region at 0x%x was freed or quarantined before".formatted(deviceAddress()));
      }
      given = true;
    }
  }
}
