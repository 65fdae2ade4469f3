package virtionet.machine;

import java.util.List;

/**
 * Device memory of several blocks, each contiguous for the device. A region lies in one of them;
 * the first with room serves. Thread-safe.
 */
public final class PiecewiseMemory implements DeviceMemory {
  private final List<ContiguousMemory> pieces;

  /**
   * @param pieces at least one
   */
  public PiecewiseMemory(List<ContiguousMemory> pieces) {
    if (pieces.isEmpty()) {
      throw new IllegalArgumentException("device memory of no pieces");
    }
    this.pieces = List.copyOf(pieces);
  }

  @Override
  public DeviceRegion allocate(long bytes, long alignment) {
    for (ContiguousMemory piece : pieces) {
      var region = piece.tryAllocate(bytes, alignment);
      if (region.isPresent()) {
        return region.get();
      }
    }
    throw new MachineException(
        "no %d bytes of device memory in one piece: %d bytes are free, in %d piece(s); use smaller queues or buffers, or give the machine more memory"
            .formatted(bytes, available(), pieces.size()));
  }

  @Override
  public long available() {
    return pieces.stream().mapToLong(ContiguousMemory::available).sum();
  }

  @Override
  public long quarantined() {
    return pieces.stream().mapToLong(ContiguousMemory::quarantined).sum();
  }
}
