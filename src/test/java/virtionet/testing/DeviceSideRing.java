package virtionet.testing;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A virtqueue from the device's side, written from the specification alone, with its own offsets:
 * it shares nothing with the driver that it checks. What the driver must not do is an {@link
 * AssertionError} as soon as it is seen. Not thread-safe.
 */
public interface DeviceSideRing {

  /** A piece of a buffer. */
  record Piece(MemorySegment bytes, boolean writable) {}

  /**
   * A buffer that the driver made available.
   *
   * @param head its first descriptor in a split queue, its id in a packed one
   */
  record Chain(int head, List<Piece> pieces) {
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

  /**
   * The ring that the negotiated features ask for.
   *
   * @param descriptorArea device addresses of the three areas
   */
  static DeviceSideRing of(
      DeviceView view,
      int size,
      long descriptorArea,
      long driverArea,
      long deviceArea,
      long features) {
    return (features & ModelSettings.RING_PACKED) != 0
        ? new PackedDeviceRing(view, size, descriptorArea, driverArea, deviceArea, features)
        : new SplitDeviceRing(view, size, descriptorArea, driverArea, deviceArea, features, 0);
  }

  /** Buffers that were taken and not used yet. */
  Set<Integer> outstanding();

  /** Buffers that wait to be taken. */
  int waiting();

  /** Takes the next buffer that the driver made available. */
  Optional<Chain> take();

  /** Gives a buffer back. */
  void use(int head, long written);

  /**
   * Gives back these buffers, the oldest ones, with a single entry: a right that IN_ORDER gives.
   *
   * @param written into the last
   */
  void useBatch(List<Chain> chains, long written);

  /** Gives back whatever the test wants: for a device that misbehaves. */
  void rawUse(int id, int written);

  /** The descriptor area, for a device that writes where it must not. */
  MemorySegment descriptors();

  /** Whether the driver wants an interrupt for what was used since the last answer. */
  boolean wantsInterrupt();

  /**
   * Asks for a doorbell with the next buffer.
   *
   * @return whether there is one already
   */
  boolean enableNotifications();

  /** Asks for no doorbells. */
  void disableNotifications();

  /** Checks the upper half of a doorbell, right after the driver has rung it. */
  void checkNotification(int value);
}
