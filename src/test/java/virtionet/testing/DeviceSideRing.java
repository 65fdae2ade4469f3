package virtionet.testing;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A split virtqueue from the device's side (VirtIO 1.3 §2.7), written from the specification alone,
 * with its own offsets: it shares nothing with the driver that it checks. Not thread-safe.
 */
public final class DeviceSideRing {
  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle U16_HANDLE = U16.varHandle();

  private static final int NEXT = 1;
  private static final int WRITE = 2;
  private static final int INDIRECT = 4;

  /** A piece of a buffer. */
  public record Piece(MemorySegment bytes, boolean writable) {}

  /** A buffer that the driver made available. */
  public record Chain(int head, List<Piece> pieces) {
    /** Bytes that the device may write. */
    public long writable() {
      return pieces.stream().filter(Piece::writable).mapToLong(p -> p.bytes().byteSize()).sum();
    }

    /** What the driver wrote for the device. */
    public byte[] readable() {
      int length =
          (int)
              pieces.stream().filter(p -> !p.writable()).mapToLong(p -> p.bytes().byteSize()).sum();
      byte[] all = new byte[length];
      int at = 0;
      for (Piece piece : pieces) {
        if (!piece.writable()) {
          int size = (int) piece.bytes().byteSize();
          MemorySegment.copy(piece.bytes(), ValueLayout.JAVA_BYTE, 0, all, at, size);
          at += size;
        }
      }
      return all;
    }

    /** Writes from the start of the writable pieces on, across them. */
    public void write(byte[] data) {
      int at = 0;
      for (Piece piece : pieces) {
        if (piece.writable()) {
          int size = (int) Math.min(piece.bytes().byteSize(), data.length - at);
          MemorySegment.copy(data, at, piece.bytes(), ValueLayout.JAVA_BYTE, 0, size);
          at += size;
        }
      }
      if (at < data.length) {
        throw new AssertionError(
            data.length + " bytes for a buffer of " + writable() + ": the test's mistake");
      }
    }
  }

  private final DeviceView view;
  private final int size;
  private final MemorySegment descriptors;
  private final MemorySegment available;
  private final MemorySegment used;
  private final boolean eventIndex;
  private final Set<Integer> outstanding = new HashSet<>();
  private int takenIndex;
  private int usedIndex;
  private int signalledIndex;

  /**
   * @param descriptorArea device addresses of the three parts
   * @param firstIndex where both indices start: 0 for a device, anything for a test
   */
  public DeviceSideRing(
      DeviceView view,
      int size,
      long descriptorArea,
      long driverArea,
      long deviceArea,
      boolean eventIndex,
      int firstIndex) {
    this.view = view;
    this.size = size;
    this.eventIndex = eventIndex;
    descriptors = view.at(descriptorArea, 16L * size);
    available = view.at(driverArea, 6 + 2L * size);
    used = view.at(deviceArea, 6 + 8L * size);
    takenIndex = firstIndex & 0xffff;
    usedIndex = takenIndex;
    signalledIndex = takenIndex;
  }

  /** Buffers that were taken and not used yet. */
  public Set<Integer> outstanding() {
    return outstanding;
  }

  private int availableIndex() {
    return Short.toUnsignedInt((short) U16_HANDLE.getAcquire(available, 2L));
  }

  /** Buffers that wait to be taken. */
  public int waiting() {
    int waiting = (availableIndex() - takenIndex) & 0xffff;
    if (waiting > size) {
      throw new AssertionError(waiting + " buffers available in a queue of " + size);
    }
    return waiting;
  }

  /** Takes the next buffer that the driver made available. */
  public Optional<Chain> take() {
    if (waiting() == 0) {
      return Optional.empty();
    }
    int head = Short.toUnsignedInt(available.get(U16, 4 + 2L * (takenIndex % size)));
    takenIndex = (takenIndex + 1) & 0xffff;
    if (!outstanding.add(head)) {
      throw new AssertionError("buffer " + head + " was made available while it is outstanding");
    }
    return Optional.of(new Chain(head, pieces(head)));
  }

  private List<Piece> pieces(int head) {
    List<Piece> pieces = new ArrayList<>();
    Set<Integer> seen = new HashSet<>();
    boolean writableSeen = false;
    for (int at = head; ; ) {
      if (at >= size || !seen.add(at)) {
        throw new AssertionError(
            "descriptor " + at + " in the chain of " + head + ": loop or wild");
      }
      long base = 16L * at;
      int flags = Short.toUnsignedInt(descriptors.get(U16, base + 12));
      boolean writable = (flags & WRITE) != 0;
      if ((flags & INDIRECT) != 0) {
        throw new AssertionError("an indirect descriptor without the feature");
      }
      if (writableSeen && !writable) {
        throw new AssertionError("a readable descriptor after a writable one (§2.7.4.2)");
      }
      writableSeen |= writable;
      long length = Integer.toUnsignedLong(descriptors.get(U32, base + 8));
      pieces.add(new Piece(view.at(descriptors.get(U64, base), length), writable));
      if ((flags & NEXT) == 0) {
        return pieces;
      }
      at = Short.toUnsignedInt(descriptors.get(U16, base + 14));
    }
  }

  /** Gives a buffer back. */
  public void use(int head, long written) {
    if (!outstanding.remove(head)) {
      throw new AssertionError("buffer " + head + " is not outstanding: the test's mistake");
    }
    rawUse(head, (int) written);
  }

  /** Gives back whatever the test wants: for a device that misbehaves. */
  public void rawUse(int id, int written) {
    long entry = 4 + 8L * (usedIndex % size);
    used.set(U32, entry, id);
    used.set(U32, entry + 4, written);
    usedIndex = (usedIndex + 1) & 0xffff;
    rawUsedIndex(usedIndex);
  }

  /** Publishes a used index, right or wrong. */
  public void rawUsedIndex(int index) {
    U16_HANDLE.setRelease(used, 2L, (short) index);
  }

  /** The descriptor table, for a device that writes where it must not. */
  public MemorySegment descriptors() {
    return descriptors;
  }

  /** Whether the driver wants an interrupt for what was used since the last answer (§2.7.7). */
  public boolean wantsInterrupt() {
    VarHandle.fullFence();
    int before = signalledIndex;
    signalledIndex = usedIndex;
    if (before == usedIndex) {
      return false;
    }
    if (eventIndex) {
      int event = Short.toUnsignedInt((short) U16_HANDLE.getAcquire(available, 4 + 2L * size));
      int fresh = (usedIndex - before) & 0xffff;
      return ((usedIndex - event - 1) & 0xffff) < fresh;
    }
    return (Short.toUnsignedInt((short) U16_HANDLE.getAcquire(available, 0L)) & 1) == 0;
  }

  /**
   * Asks for a doorbell with the next buffer (§2.7.10).
   *
   * @return whether there is one already
   */
  public boolean enableNotifications() {
    if (eventIndex) {
      U16_HANDLE.setRelease(used, 4 + 8L * size, (short) takenIndex);
    } else {
      U16_HANDLE.setRelease(used, 0L, (short) 0);
    }
    VarHandle.fullFence();
    return waiting() > 0;
  }

  /** Asks for no doorbells. */
  public void disableNotifications() {
    if (eventIndex) {
      // The farthest that a driver can be from: it is passed only a whole lap later.
      U16_HANDLE.setRelease(used, 4 + 8L * size, (short) (takenIndex - 1));
    } else {
      U16_HANDLE.setRelease(used, 0L, (short) 1);
    }
  }
}
