package virtionet.virtio;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The device's side of a virtqueue whose buffers have a single piece: it uses each at once, and
 * makes no object. It trusts the driver; the model in the tests does not.
 */
public abstract sealed class InstantDevice {
  private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT;
  private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT;
  private static final VarHandle INDEX = U16.varHandle();

  private InstantDevice() {}

  /**
   * A device's side of a queue that is not yet in use.
   *
   * @param ring from the descriptor area on
   * @param deviceArea where in it the device area begins; only a split queue has one that counts
   */
  public static InstantDevice of(
      boolean packed, MemorySegment ring, int size, long driverArea, long deviceArea) {
    return packed ? new Packed(ring, size) : new Split(ring, size, driverArea, deviceArea);
  }

  /**
   * Uses all that is available, up to so many.
   *
   * @param written bytes, of each
   * @return how many
   */
  public abstract int use(int most, int written);

  private static final class Split extends InstantDevice {
    private final MemorySegment ring;
    private final int mask;
    private final long driverArea;
    private final long deviceArea;
    private int index;

    Split(MemorySegment ring, int size, long driverArea, long deviceArea) {
      this.ring = ring;
      mask = size - 1;
      this.driverArea = driverArea;
      this.deviceArea = deviceArea;
    }

    @Override
    public int use(int most, int written) {
      int available = (short) INDEX.getAcquire(ring, driverArea + 2) - (short) index & 0xffff;
      int count = Math.min(most, available);
      for (int i = 0; i < count; i++, index++) {
        int head = Short.toUnsignedInt(ring.get(U16, driverArea + 4 + 2L * (index & mask)));
        long entry = deviceArea + 4 + 8L * (index & mask);
        ring.set(U32, entry, head);
        ring.set(U32, entry + 4, written);
      }
      INDEX.setRelease(ring, deviceArea + 2, (short) index);
      return count;
    }
  }

  private static final class Packed extends InstantDevice {
    private static final int WRITE = 2;
    private static final int AVAILABLE = 1 << 7;
    private static final int USED = 1 << 15;

    private final MemorySegment ring;
    private final int size;
    private int slot;
    private boolean wrap = true;

    Packed(MemorySegment ring, int size) {
      this.ring = ring;
      this.size = size;
    }

    @Override
    public int use(int most, int written) {
      int count = 0;
      while (count < most && isAvailable()) {
        long at = 16L * slot;
        ring.set(U32, at + 8, written);
        int flags = (written > 0 ? WRITE : 0) | (wrap ? AVAILABLE | USED : 0);
        INDEX.setRelease(ring, at + 14, (short) flags);
        count++;
        if (++slot == size) {
          slot = 0;
          wrap = !wrap;
        }
      }
      return count;
    }

    private boolean isAvailable() {
      int flags = (short) INDEX.getAcquire(ring, 16L * slot + 14);
      return (flags & AVAILABLE) != 0 == wrap && (flags & USED) != 0 != wrap;
    }
  }
}
