package virtionet.conformance;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import virtionet.testing.DeviceView;

/**
 * The bytes of a split virtqueue as they lie in memory (VirtIO 1.3 §2.7), found by what the driver
 * wrote into the registers.
 */
record RingMemory(int size, long table, long available, long used, DeviceView view) {
  static final int NEXT = 1;
  static final int WRITE = 2;
  static final int INDIRECT = 4;

  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  record Descriptor(long address, long length, int flags, int next) {
    boolean has(int flag) {
      return (flags & flag) != 0;
    }
  }

  /** Where the driver has put this queue. */
  static RingMemory of(RegisterLog log, int queue, DeviceView view) {
    int selected = -1;
    int size = 0;
    int align = 0;
    long page = 0;
    long[] areas = new long[3];
    for (RegisterLog.Access access : log.accesses()) {
      if (access.writes(0x030)) {
        selected = access.value();
      }
      if (selected != queue || !access.write()) {
        continue;
      }
      long value = Integer.toUnsignedLong(access.value());
      switch (access.offset()) {
        case 0x038 -> size = access.value();
        case 0x03c -> align = access.value();
        case 0x040 -> page = value;
        case 0x080, 0x090, 0x0a0 -> areas[(access.offset() - 0x080) / 16] = value;
        case 0x084, 0x094, 0x0a4 -> areas[(access.offset() - 0x080) / 16] |= value << 32;
        default -> {}
      }
    }
    if (page != 0) {
      areas[0] = page * log.written(0x028).getLast();
      areas[1] = areas[0] + 16L * size;
      areas[2] = (areas[1] + 6 + 2L * size + align - 1) / align * align;
    }
    return new RingMemory(size, areas[0], areas[1], areas[2], view);
  }

  private int u16(long address) {
    return Short.toUnsignedInt(view.at(address, 2).get(U16, 0));
  }

  Descriptor descriptor(int index) {
    MemorySegment bytes = view.at(table + 16L * index, 16);
    return new Descriptor(
        bytes.get(U64, 0),
        Integer.toUnsignedLong(bytes.get(U32, 8)),
        Short.toUnsignedInt(bytes.get(U16, 12)),
        Short.toUnsignedInt(bytes.get(U16, 14)));
  }

  int availableFlags() {
    return u16(available);
  }

  int availableIndex() {
    return u16(available + 2);
  }

  /** The head in the available ring at a free-running index. */
  int head(int index) {
    return u16(available + 4 + 2L * (index & (size - 1)));
  }

  int usedFlags() {
    return u16(used);
  }

  /** What a device says about doorbells; what it does not use may be anything. */
  void hints(int usedFlags, int availableEvent) {
    view.at(used, 2).set(U16, 0, (short) usedFlags);
    view.at(used + 4 + 8L * size, 2).set(U16, 0, (short) availableEvent);
  }

  /** The descriptors of a chain; fails if it is longer than the table. */
  List<Descriptor> chain(int head) {
    List<Descriptor> chain = new ArrayList<>();
    for (int at = head; ; at = chain.getLast().next()) {
      if (at >= size || chain.size() == size) {
        throw new AssertionError("the chain of %d leaves the table or loops".formatted(head));
      }
      chain.add(descriptor(at));
      if (!chain.getLast().has(NEXT)) {
        return chain;
      }
    }
  }
}
