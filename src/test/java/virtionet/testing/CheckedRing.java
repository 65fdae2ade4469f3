package virtionet.testing;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a device checks in both formats of a virtqueue. */
abstract class CheckedRing implements DeviceSideRing {
  static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final VarHandle U16_HANDLE = U16.varHandle();
  static final VarHandle U32_HANDLE = U32.varHandle();

  static final int DESCRIPTOR = 16;
  static final int NEXT = 1;
  static final int WRITE = 2;
  static final int INDIRECT = 4;

  /** Memory of the driver's as it was when it gave a buffer. */
  private record Given(MemorySegment where, MemorySegment before) {
    static Given of(MemorySegment where) {
      return new Given(where, MemorySegment.ofArray(where.toArray(ValueLayout.JAVA_BYTE)));
    }

    void check(int head) {
      if (where.mismatch(before) >= 0) {
        throw new AssertionError(
            "the driver changed a descriptor of buffer " + head + ", which is the device's");
      }
    }
  }

  final DeviceView view;
  final int size;
  final MemorySegment descriptors;
  final boolean eventIndex;
  final boolean inOrder;
  private final boolean indirectAllowed;
  private final boolean notificationData;
  private final Map<Integer, List<Given>> outstanding = new LinkedHashMap<>();

  CheckedRing(DeviceView view, int size, long descriptorArea, long features) {
    this.view = view;
    this.size = size;
    descriptors = view.at(descriptorArea, (long) DESCRIPTOR * size);
    eventIndex = (features & ModelSettings.EVENT_IDX) != 0;
    inOrder = (features & ModelSettings.IN_ORDER) != 0;
    indirectAllowed = (features & ModelSettings.INDIRECT_DESC) != 0;
    notificationData = (features & ModelSettings.NOTIFICATION_DATA) != 0;
  }

  @Override
  public final Set<Integer> outstanding() {
    return Collections.unmodifiableSet(outstanding.keySet());
  }

  @Override
  public final MemorySegment descriptors() {
    return descriptors;
  }

  /** A buffer whose pieces are read one by one. */
  final class Reading {
    private final List<Piece> pieces = new ArrayList<>();
    private final List<Given> given = new ArrayList<>();
    private long bytes;

    /** Takes a descriptor's word for a piece. */
    void piece(MemorySegment table, long at, boolean writable) {
      long length = Integer.toUnsignedLong(table.get(U32, at + 8));
      bytes += length;
      if (length == 0 || bytes > 0xffff_ffffL) {
        throw new AssertionError("a piece of %d bytes, %d in all".formatted(length, bytes));
      }
      if (!pieces.isEmpty() && pieces.getLast().writable() && !writable) {
        throw new AssertionError("a readable descriptor after a writable one (§2.7.4.2, §2.8.17)");
      }
      pieces.add(new Piece(view.at(table.get(U64, at), length), writable));
      if (pieces.size() > size) {
        throw new AssertionError("a chain of more than " + size + " pieces (§2.7.5.3.1, §2.8.17)");
      }
    }

    /** The table that an indirect descriptor names. */
    MemorySegment table(long at, int flags) {
      long bytes = Integer.toUnsignedLong(descriptors.get(U32, at + 8));
      if (!indirectAllowed || (flags & NEXT) != 0) {
        throw new AssertionError(
            "an indirect descriptor with flags 0x%x, feature accepted: %s (§2.7.5.3.1, §2.8.19)"
                .formatted(flags, indirectAllowed));
      }
      if (bytes == 0 || bytes % DESCRIPTOR != 0) {
        throw new AssertionError("an indirect table of " + bytes + " bytes");
      }
      MemorySegment table = view.at(descriptors.get(U64, at), bytes);
      freeze(table);
      return table;
    }

    /** This memory must not change until the buffer was used. */
    void freeze(MemorySegment where) {
      given.add(Given.of(where));
    }

    Chain done(int head) {
      if (outstanding.putIfAbsent(head, given) != null) {
        throw new AssertionError("buffer " + head + " was made available while it is outstanding");
      }
      return new Chain(head, List.copyOf(pieces));
    }
  }

  /** The buffer is about to be used: whether it may be, and whether the driver left it alone. */
  final void giveBack(int head) {
    if (inOrder && !outstanding.isEmpty() && outstanding.keySet().iterator().next() != head) {
      throw new AssertionError("buffer " + head + " is not the oldest: the test's mistake");
    }
    List<Given> given = outstanding.remove(head);
    if (given == null) {
      throw new AssertionError("buffer " + head + " is not outstanding: the test's mistake");
    }
    given.forEach(part -> part.check(head));
  }

  @Override
  public final void checkNotification(int value) {
    int expected = notificationData ? position() : 0;
    if (value >>> 16 != expected) {
      throw new AssertionError(
          "a doorbell of 0x%08x where 0x%04x was expected in its upper half (§2.9)"
              .formatted(value, expected));
    }
  }

  /** How far the driver has filled the ring, as a doorbell has to say it. */
  abstract int position();
}
