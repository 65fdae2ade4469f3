package virtionet.fuzz;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import virtionet.testing.DeviceSideRing;
import virtionet.testing.DeviceSideRing.Chain;
import virtionet.testing.PackedDeviceRing;
import virtionet.testing.SplitDeviceRing;

/**
 * A queue of the device, and what it does wrong there. Once it has written where it must not, it no
 * longer trusts what it reads there, and works on with the buffers that it has.
 */
final class FuzzedQueue {
  private static final int[] LENGTHS = {0, 1, 9, 10, 11, 12, 25, 26, 60, 2047, 2048, 2049, 65_600};

  private final DeviceSideRing ring;
  private final boolean inOrder;
  private final List<Chain> taken = new ArrayList<>();
  private final SplittableRandom random;
  private boolean lost;
  private Optional<Chain> lastUsed = Optional.empty();

  FuzzedQueue(DeviceSideRing ring, boolean inOrder, SplittableRandom random) {
    this.ring = ring;
    this.inOrder = inOrder;
    this.random = random;
  }

  DeviceSideRing ring() {
    return ring;
  }

  /** Whether it can no longer read what the driver writes. */
  boolean isLost() {
    return lost;
  }

  /** Buffers that it has. */
  int size() {
    return taken.size();
  }

  /** Takes the next buffer that the driver made available. */
  Optional<Chain> take() {
    if (lost) {
      return Optional.empty();
    }
    Optional<Chain> chain = ring.take();
    chain.ifPresent(taken::add);
    return chain;
  }

  /** A buffer that may be used now: the oldest, or any one where the order is free. */
  Optional<Chain> next() {
    if (taken.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(taken.remove(inOrder ? 0 : random.nextInt(taken.size())));
  }

  /** One that it has, and keeps. */
  Optional<Chain> any() {
    return taken.isEmpty()
        ? Optional.empty()
        : Optional.of(taken.get(random.nextInt(taken.size())));
  }

  void use(Chain chain, long written) {
    lastUsed = Optional.of(chain);
    if (lost) {
      ring.rawUse(chain.head(), (int) written);
    } else {
      ring.use(chain.head(), written);
    }
  }

  /** A length that is seldom right. */
  long wildLength() {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt() & 0xffff_ffffL;
      case 1 -> random.nextInt(4096);
      default -> LENGTHS[random.nextInt(LENGTHS.length)];
    };
  }

  /** Uses a buffer a second time, if the last one is known. */
  Optional<Chain> useAgain(long written) {
    lost |= lastUsed.isPresent();
    lastUsed.ifPresent(chain -> ring.rawUse(chain.head(), (int) written));
    return lastUsed;
  }

  /** Uses whatever id, known or not. */
  String useWild(long written) {
    lost = true;
    int size = (int) (ring.descriptors().byteSize() / 16);
    int id =
        switch (random.nextInt(4)) {
          case 0 -> random.nextInt();
          case 1 -> size + random.nextInt(3);
          case 2 -> random.nextInt(size) | 1 << 16;
          default -> random.nextInt(size);
        };
    ring.rawUse(id, (int) written);
    return "id %d with length %d".formatted(id, written);
  }

  /** The index, or the flags, that say how far it has come. */
  String corruptProgress() {
    lost = true;
    int value = random.nextInt(1 << 16);
    switch (ring) {
      case SplitDeviceRing split ->
          split.rawUsedIndex(random.nextBoolean() ? value : random.nextInt(16));
      case PackedDeviceRing packed ->
          packed.rawFlags(random.nextBoolean() ? value : 0x8080 ^ 1 << random.nextInt(16));
      default -> throw new AssertionError("a ring of neither format: " + ring);
    }
    return "value 0x%x".formatted(value);
  }

  /** What it says of doorbells: may cost the driver one, or save it one. */
  void corruptHints() {
    int flags = random.nextInt(4);
    int event = random.nextInt(1 << 16);
    switch (ring) {
      case SplitDeviceRing split -> split.rawNotificationHints(flags, event);
      case PackedDeviceRing packed -> packed.rawNotificationHints(flags, event);
      default -> throw new AssertionError("a ring of neither format: " + ring);
    }
  }

  /** Changes bytes of the ring, the driver's own parts as well. */
  String corrupt(MemorySegment whole) {
    lost = true;
    long at = random.nextLong(whole.byteSize());
    byte value = (byte) random.nextInt();
    if (random.nextBoolean()) {
      whole.set(ValueLayout.JAVA_BYTE, at, value);
    } else {
      long word = at & ~3L;
      whole
          .asSlice(word, Math.min(4, whole.byteSize() - word))
          .fill(random.nextBoolean() ? value : (byte) -1);
    }
    return "offset %d".formatted(at);
  }
}
