package virtionet.testing;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A split virtqueue from the device's side (VirtIO 1.3 §2.7). */
public final class SplitDeviceRing extends CheckedRing {
  private static final int NOBODY = -1;

  private final MemorySegment available;
  private final MemorySegment used;

  /** Of each descriptor: the head of the outstanding chain that it belongs to. */
  private final int[] owners;

  private int takenIndex;
  private int usedIndex;
  private int signalledIndex;

  /** What the used ring's index is: only the device writes there. */
  private int writtenUsedIndex;

  /** With IN_ORDER, the descriptor that the next chain has to start with. */
  private int nextHead;

  /**
   * @param descriptorArea device addresses of the three parts
   * @param firstIndex where both indices start: 0 for a device, anything for a test
   */
  public SplitDeviceRing(
      DeviceView view,
      int size,
      long descriptorArea,
      long driverArea,
      long deviceArea,
      long features,
      int firstIndex) {
    super(view, size, descriptorArea, features);
    available = view.at(driverArea, 6 + 2L * size);
    used = view.at(deviceArea, 6 + 8L * size);
    takenIndex = firstIndex & 0xffff;
    usedIndex = takenIndex;
    signalledIndex = takenIndex;
    writtenUsedIndex = takenIndex;
    owners = new int[size];
    Arrays.fill(owners, NOBODY);
    if (used.get(U16, 0) != 0) {
      throw new AssertionError("used.flags is not 0 in a fresh ring (§2.7.10.1)");
    }
  }

  private int availableIndex() {
    return Short.toUnsignedInt((short) U16_HANDLE.getAcquire(available, 2L));
  }

  @Override
  public int waiting() {
    int waiting = (availableIndex() - takenIndex) & 0xffff;
    if (waiting > size) {
      throw new AssertionError(waiting + " buffers available in a queue of " + size);
    }
    return waiting;
  }

  @Override
  public Optional<Chain> take() {
    if (waiting() == 0) {
      return Optional.empty();
    }
    if (Short.toUnsignedInt(used.get(U16, 2)) != writtenUsedIndex) {
      throw new AssertionError("the driver wrote into the used ring (§2.7)");
    }
    int head = Short.toUnsignedInt(available.get(U16, 4 + 2L * (takenIndex % size)));
    takenIndex = (takenIndex + 1) & 0xffff;
    return Optional.of(read(head));
  }

  private Chain read(int head) {
    if (inOrder && head != nextHead) {
      throw new AssertionError(
          "a chain starts at %d, not at %d, with IN_ORDER (§2.7.5)".formatted(head, nextHead));
    }
    var reading = new Reading();
    for (int at = head; ; ) {
      if (at >= size || owners[at] != NOBODY) {
        throw new AssertionError(
            "descriptor " + at + " in the chain of " + head + ": a loop, wild, or not its own");
      }
      owners[at] = head;
      nextHead = (at + 1) % size;
      long base = (long) DESCRIPTOR * at;
      reading.freeze(descriptors.asSlice(base, DESCRIPTOR));
      int flags = Short.toUnsignedInt(descriptors.get(U16, base + 12));
      if ((flags & INDIRECT) != 0) {
        readTable(reading, reading.table(base, flags));
        return reading.done(head);
      }
      reading.piece(descriptors, base, (flags & WRITE) != 0);
      if ((flags & NEXT) == 0) {
        return reading.done(head);
      }
      at = Short.toUnsignedInt(descriptors.get(U16, base + 14));
      if (inOrder && at != nextHead) {
        throw new AssertionError("a chain leaves the order of the table (§2.7.5.2)");
      }
    }
  }

  private void readTable(Reading reading, MemorySegment table) {
    long length = table.byteSize() / DESCRIPTOR;
    long at = 0;
    for (int read = 1; ; read++) {
      int flags = Short.toUnsignedInt(table.get(U16, DESCRIPTOR * at + 12));
      if ((flags & INDIRECT) != 0) {
        throw new AssertionError("an indirect descriptor in an indirect table (§2.7.5.3.1)");
      }
      reading.piece(table, DESCRIPTOR * at, (flags & WRITE) != 0);
      if ((flags & NEXT) == 0) {
        if (read != length) {
          throw new AssertionError(read + " descriptors linked in a table of " + length);
        }
        return;
      }
      int next = Short.toUnsignedInt(table.get(U16, DESCRIPTOR * at + 14));
      if (next >= length || (inOrder && next != at + 1)) {
        throw new AssertionError("descriptor " + at + " of a table is followed by " + next);
      }
      at = next;
    }
  }

  @Override
  public void use(int head, long written) {
    release(head);
    rawUse(head, (int) written);
  }

  @Override
  public void useBatch(List<Chain> chains, long written) {
    chains.forEach(chain -> release(chain.head()));
    writeEntry(chains.getLast().head(), (int) written);
    usedIndex = (usedIndex + chains.size()) & 0xffff;
    rawUsedIndex(usedIndex);
  }

  private void release(int head) {
    giveBack(head);
    for (int i = 0; i < size; i++) {
      if (owners[i] == head) {
        owners[i] = NOBODY;
      }
    }
  }

  @Override
  public void rawUse(int id, int written) {
    writeEntry(id, written);
    usedIndex = (usedIndex + 1) & 0xffff;
    rawUsedIndex(usedIndex);
  }

  private void writeEntry(int id, int written) {
    long entry = 4 + 8L * (usedIndex % size);
    used.set(U32, entry, id);
    used.set(U32, entry + 4, written);
  }

  /** Publishes a used index, right or wrong. */
  public void rawUsedIndex(int index) {
    writtenUsedIndex = index & 0xffff;
    U16_HANDLE.setRelease(used, 2L, (short) index);
  }

  /** Fills what the driver writes, and the device must not: the ring of available buffers. */
  public void rawAvailable(byte with) {
    available.fill(with);
  }

  /** Writes both of the device's hints about doorbells, right or wrong. */
  public void rawNotificationHints(int flags, int availableEvent) {
    U16_HANDLE.setRelease(used, 0L, (short) flags);
    U16_HANDLE.setRelease(used, 4 + 8L * size, (short) availableEvent);
  }

  @Override
  public boolean wantsInterrupt() {
    VarHandle.fullFence();
    int before = signalledIndex;
    signalledIndex = usedIndex;
    int flags = Short.toUnsignedInt((short) U16_HANDLE.getAcquire(available, 0L));
    if (flags > 1 || (eventIndex && flags != 0)) {
      throw new AssertionError("avail.flags is " + flags + " (§2.7.7.1)");
    }
    if (before == usedIndex) {
      return false;
    }
    if (eventIndex) {
      int event = Short.toUnsignedInt((short) U16_HANDLE.getAcquire(available, 4 + 2L * size));
      int fresh = (usedIndex - before) & 0xffff;
      return ((usedIndex - event - 1) & 0xffff) < fresh;
    }
    return flags == 0;
  }

  @Override
  public boolean enableNotifications() {
    if (eventIndex) {
      U16_HANDLE.setRelease(used, 4 + 8L * size, (short) takenIndex);
    } else {
      U16_HANDLE.setRelease(used, 0L, (short) 0);
    }
    VarHandle.fullFence();
    return waiting() > 0;
  }

  @Override
  public void disableNotifications() {
    if (eventIndex) {
      // The farthest that a driver can be from: it is passed only a whole lap later.
      U16_HANDLE.setRelease(used, 4 + 8L * size, (short) (takenIndex - 1));
    } else {
      U16_HANDLE.setRelease(used, 0L, (short) 1);
    }
  }

  @Override
  int position() {
    return availableIndex();
  }
}
