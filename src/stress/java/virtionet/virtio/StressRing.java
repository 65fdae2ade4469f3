package virtionet.virtio;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import virtionet.testing.DeviceSideRing;

/**
 * The driver's virtqueue and the model's side of it in native memory, for one trial: the ring
 * stands just before the end of a lap, where the most can go wrong. Each method is for one thread.
 */
final class StressRing {
  /** What tells of the buffer: no trial before it left these in the ring. */
  static final int FIRST_LENGTH = 33;

  static final int SECOND_LENGTH = 5;
  static final int USED_LENGTH = 21;
  static final byte CONTENT = 7;

  private static final int SIZE = 4;
  private static final int BUFFER_BYTES = 64;
  private static final int TOKEN = 3;

  /** Memory for more trials than are open at once: an arena for each would cost the most of all. */
  private static final int SLOTS = 1 << 15;

  private static final int SLOT_BYTES = 1024;
  private static final MemorySegment SLAB =
      Arena.global().allocate((long) SLOTS * SLOT_BYTES, SLOT_BYTES);
  private static final AtomicInteger NEXT = new AtomicInteger();

  private final RingFixture ring;
  private final MemorySegment buffer;

  StressRing(boolean packed, boolean eventIndex) {
    int slot = NEXT.getAndIncrement() & (SLOTS - 1);
    MemorySegment block = SLAB.asSlice((long) slot * SLOT_BYTES, SLOT_BYTES).fill((byte) 0);
    ring =
        RingFixture.of(
            new RingFeatures(packed, eventIndex, false, false, false),
            SIZE,
            packed ? SIZE - 1 : 0xffff,
            BUFFER_BYTES,
            bytes -> block.asSlice(0, bytes));
    buffer = block.asSlice(ring.buffers() - RingFixture.BASE, BUFFER_BYTES);
    ring.driver().disableInterrupts();
    ring.device().disableNotifications();
  }

  Virtqueue driver() {
    return ring.driver();
  }

  DeviceSideRing device() {
    return ring.device();
  }

  /**
   * The driver: fills a buffer of two pieces, and gives it.
   *
   * @return whether the device asks for a doorbell
   */
  boolean give() {
    buffer.set(ValueLayout.JAVA_BYTE, 0, CONTENT);
    add(new DescriptorChain().readable(ring.buffers(), FIRST_LENGTH));
    return driver().publish();
  }

  /** Before the trial: a buffer that the device has taken. Its number. */
  int lend() {
    add(new DescriptorChain().writable(ring.buffers(), FIRST_LENGTH));
    driver().publish();
    return device().take().orElseThrow().head();
  }

  private void add(DescriptorChain chain) {
    driver().add(chain.writable(ring.buffers() + FIRST_LENGTH, SECOND_LENGTH), TOKEN);
  }

  /** The device: bytes of the next buffer; 0 when there is none. */
  int take() {
    Optional<DeviceSideRing.Chain> chain = device().take();
    return chain.stream()
        .flatMap(taken -> taken.pieces().stream())
        .mapToInt(piece -> (int) piece.bytes().byteSize())
        .sum();
  }

  /** The device: fills a buffer and gives it back. */
  void use(int head) {
    buffer.set(ValueLayout.JAVA_BYTE, 0, CONTENT);
    device().use(head, USED_LENGTH);
  }

  /** The driver: bytes in the next used buffer; 0 when there is none. */
  int poll() {
    return driver().poll() == TOKEN ? (int) driver().usedLength() : 0;
  }

  /** The first byte of the buffer, if there is one. */
  int content(int length) {
    return length == 0 ? 0 : buffer.get(ValueLayout.JAVA_BYTE, 0);
  }
}
