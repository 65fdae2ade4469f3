package virtionet.testing;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.Optional;

/** A packed virtqueue from the device's side (VirtIO 1.3 §2.8). */
public final class PackedDeviceRing extends CheckedRing {
  private static final int AVAILABLE = 1 << 7;
  private static final int USED = 1 << 15;

  private static final int ENABLE = 0;
  private static final int DISABLE = 1;
  private static final int AT_DESCRIPTOR = 2;

  /** A slot and the wrap counter there. */
  private record Position(int slot, boolean wrap) {
    Position plus(int slots, int size) {
      int sum = slot + slots;
      return sum >= size ? new Position(sum - size, !wrap) : new Position(sum, wrap);
    }

    /** As it stands in event areas and doorbells. */
    int bits() {
      return slot | (wrap ? 1 << 15 : 0);
    }
  }

  private final MemorySegment driverEvent;
  private final MemorySegment deviceEvent;

  /** By id: slots of the list that had it last. */
  private final int[] spans;

  /** Each slot as the driver gave it, for those from the used position to the taken one. */
  private final long[] given;

  private Position taken = new Position(0, true);
  private Position used = taken;
  private int owned;
  private int usedSinceSignal;

  /**
   * @param descriptorArea device addresses of the three areas
   */
  public PackedDeviceRing(
      DeviceView view,
      int size,
      long descriptorArea,
      long driverArea,
      long deviceArea,
      long features) {
    super(view, size, descriptorArea, features);
    driverEvent = view.at(driverArea, 4);
    deviceEvent = view.at(deviceArea, 4);
    spans = new int[size];
    given = new long[2 * size];
    for (long at = 0; at < descriptors.byteSize(); at++) {
      if (descriptors.get(ValueLayout.JAVA_BYTE, at) != 0) {
        throw new AssertionError("a fresh ring is not zeroed (§2.8.14)");
      }
    }
  }

  private int flags(Position at) {
    return Short.toUnsignedInt(
        (short) U16_HANDLE.getAcquire(descriptors, (long) DESCRIPTOR * at.slot() + 14));
  }

  private static boolean isAvailable(int flags, Position at) {
    boolean available = (flags & AVAILABLE) != 0;
    return available == at.wrap() && available != ((flags & USED) != 0);
  }

  /** Slots of the list that starts here; 0 when none does. */
  private int span(Position start, int room) {
    if (room == 0 || !isAvailable(flags(start), start)) {
      return 0;
    }
    Position at = start;
    for (int span = 1; ; span++) {
      int flags = flags(at);
      if (!isAvailable(flags, at) || span > room) {
        throw new AssertionError(
            "a list that is open at its start is not so at slot %d, or %d slots are too many (§2.8.17)"
                .formatted(at.slot(), span));
      }
      if ((flags & NEXT) == 0) {
        return span;
      }
      at = at.plus(1, size);
    }
  }

  @Override
  public int waiting() {
    int waiting = 0;
    int room = size - owned;
    Position at = taken;
    for (int span; (span = span(at, room)) > 0; waiting++) {
      at = at.plus(span, size);
      room -= span;
    }
    return waiting;
  }

  @Override
  int position() {
    int room = size - owned;
    Position at = taken;
    for (int span; (span = span(at, room)) > 0; ) {
      at = at.plus(span, size);
      room -= span;
    }
    return at.bits();
  }

  @Override
  public Optional<Chain> take() {
    int span = span(taken, size - owned);
    if (span == 0) {
      return Optional.empty();
    }
    checkOwned();
    var reading = new Reading();
    int id = 0;
    for (int i = 0; i < span; i++) {
      long base = (long) DESCRIPTOR * taken.slot();
      int flags = flags(taken);
      if ((flags & INDIRECT) != 0) {
        if (span > 1) {
          throw new AssertionError("an indirect descriptor in a list of others (§2.8.19)");
        }
        readTable(reading, reading.table(base, flags));
      } else {
        reading.piece(descriptors, base, (flags & WRITE) != 0);
      }
      id = Short.toUnsignedInt(descriptors.get(U16, base + 12));
      given[2 * taken.slot()] = descriptors.get(U64, base);
      given[2 * taken.slot() + 1] = descriptors.get(U64, base + 8);
      taken = taken.plus(1, size);
    }
    if (id >= size) {
      throw new AssertionError("buffer id " + id + " in a queue of " + size);
    }
    owned += span;
    spans[id] = span;
    return Optional.of(reading.done(id));
  }

  private void readTable(Reading reading, MemorySegment table) {
    for (long at = 0; at < table.byteSize(); at += DESCRIPTOR) {
      int flags = Short.toUnsignedInt(table.get(U16, at + 14));
      if ((flags & ~WRITE) != 0) {
        throw new AssertionError("flags 0x%x in an indirect table (§2.8.19)".formatted(flags));
      }
      reading.piece(table, at, flags != 0);
    }
  }

  /** The driver must leave alone what is the device's (§2.8.16). */
  private void checkOwned() {
    Position at = used;
    for (int i = 0; i < owned; i++) {
      long base = (long) DESCRIPTOR * at.slot();
      if (given[2 * at.slot()] != descriptors.get(U64, base)
          || given[2 * at.slot() + 1] != descriptors.get(U64, base + 8)) {
        throw new AssertionError(
            "the driver changed the descriptor in slot %d, which is the device's (§2.8.16)"
                .formatted(at.slot()));
      }
      at = at.plus(1, size);
    }
  }

  @Override
  public void use(int head, long written) {
    checkOwned();
    giveBack(head);
    rawUse(head, (int) written);
  }

  @Override
  public void useBatch(List<Chain> chains, long written) {
    checkOwned();
    int slots = 0;
    for (Chain chain : chains) {
      giveBack(chain.head());
      slots += spans[chain.head()];
    }
    write(chains.getLast().head(), (int) written, written == 0 ? 0 : WRITE);
    advance(slots);
  }

  @Override
  public void rawUse(int id, int written) {
    rawUse(id, written, written == 0 ? 0 : WRITE);
  }

  /** As the other one, with these flags beside AVAIL and USED. */
  public void rawUse(int id, int written, int flags) {
    write(id, written, flags);
    advance(id >= 0 && id < size ? Math.max(1, spans[id]) : 1);
  }

  private void write(int id, int written, int flags) {
    long base = (long) DESCRIPTOR * used.slot();
    descriptors.set(U32, base + 8, written);
    descriptors.set(U16, base + 12, (short) id);
    rawFlags(flags | (used.wrap() ? AVAILABLE | USED : 0));
  }

  /** Writes flags where the next buffer is to be used, right or wrong. */
  public void rawFlags(int flags) {
    U16_HANDLE.setRelease(descriptors, (long) DESCRIPTOR * used.slot() + 14, (short) flags);
  }

  private void advance(int slots) {
    used = used.plus(slots, size);
    owned = Math.max(0, owned - slots);
    usedSinceSignal += slots;
  }

  @Override
  public boolean wantsInterrupt() {
    VarHandle.fullFence();
    int fresh = usedSinceSignal;
    usedSinceSignal = 0;
    int event = (int) U32_HANDLE.getAcquire(driverEvent, 0L);
    int flags = event >>> 16;
    int slot = event & 0x7fff;
    if (flags > (eventIndex ? AT_DESCRIPTOR : DISABLE) || slot >= size) {
      throw new AssertionError("the driver's event area reads 0x%08x (§2.8.14)".formatted(event));
    }
    if (fresh == 0 || flags != AT_DESCRIPTOR) {
      return fresh > 0 && flags == ENABLE;
    }
    Position at = used.plus(0, size);
    for (int back = 0; back < fresh; back++) {
      at =
          at.slot() == 0
              ? new Position(size - 1, !at.wrap())
              : new Position(at.slot() - 1, at.wrap());
      if (at.bits() == (event & 0xffff)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean enableNotifications() {
    rawNotificationHints(eventIndex ? AT_DESCRIPTOR : ENABLE, taken.bits());
    VarHandle.fullFence();
    return span(taken, size - owned) > 0;
  }

  @Override
  public void disableNotifications() {
    rawNotificationHints(DISABLE, 0);
  }

  /** Writes the device's event area, right or wrong. */
  public void rawNotificationHints(int flags, int offsetAndWrap) {
    U32_HANDLE.setRelease(deviceEvent, 0L, flags << 16 | offsetAndWrap);
  }
}
