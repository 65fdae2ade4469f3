package virtionet.cli.soak;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A split queue of the driver's (VirtIO 1.3 §2.7), and how to spoil it. Driver and device write
 * there at the same time: what is spoilt may be mended at once, so whoever spoils looks whether it
 * was noticed. An index is written whole: of one half spoilt the device could make frames that it
 * has sent before.
 *
 * @param address of the descriptors, as the device sees it
 * @param descriptors, available, used each from there to the end of the queue's memory
 * @param size descriptors
 */
record Ring(
    long address,
    MemorySegment descriptors,
    MemorySegment available,
    MemorySegment used,
    int size) {
  private static final int DESCRIPTOR_BYTES = 16;
  private static final int LENGTH = 8;
  private static final int FLAGS = 12;
  private static final int NEXT = 14;
  private static final short F_NEXT = 1;
  private static final int INDEX = 2;
  private static final int ENTRIES = 4;
  private static final int FAR_AHEAD = 0x4000;

  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Makes available the last descriptor, which names itself as the next. */
  void loopDescriptors() {
    int head = size - 1;
    long descriptor = (long) DESCRIPTOR_BYTES * head;
    descriptors.set(U64, descriptor, address);
    descriptors.set(U32, descriptor + LENGTH, DESCRIPTOR_BYTES);
    descriptors.set(U16, descriptor + FLAGS, F_NEXT);
    descriptors.set(U16, descriptor + NEXT, (short) head);
    int index = available.get(U16, INDEX) & 0xffff;
    available.set(U16, ENTRIES + 2L * (index % size), (short) head);
    VarHandle.fullFence();
    available.set(U16, INDEX, (short) (index + 1));
    VarHandle.fullFence();
  }

  /** Says that far more was used than there is. */
  void corruptUsedIndex() {
    used.set(U16, INDEX, (short) (used.get(U16, INDEX) ^ FAR_AHEAD));
    VarHandle.fullFence();
  }
}
