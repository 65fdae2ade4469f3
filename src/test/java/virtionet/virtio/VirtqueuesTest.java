package virtionet.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.machine.DeviceMemory;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelMachine;
import virtionet.testing.Requirement;

/** Which queue comes of which features, how large it is, and what memory it takes. */
class VirtqueuesTest {
  private final DeviceMemory memory = ModelMachine.of().memory();

  @ParameterizedTest
  @CsvSource({
    "256, 1024, 256, 256",
    "256, 256, 256, 256",
    "256, 100, 64, 100",
    "256, 3, 2, 3",
    "256, 1, 1, 1",
    "32768, 0xffffffff, 32768, 32768",
    "256, 0x10000, 256, 256"
  })
  @Requirement({"SPLIT-IMP-01", "PACKED-IMP-10", "MMIO-DRV-14"})
  @Misbehaviour({"H32", "H34"})
  void aSplitQueueIsRoundedDownToAPowerOfTwoAndAPackedOneIsNot(
      int wanted, String largest, int split, int packed) {
    long most = Long.decode(largest);
    assertEquals(split, Virtqueues.size(wanted, most, RingFixture.SPLIT));
    assertEquals(packed, Virtqueues.size(wanted, most, RingFixture.PACKED));
  }

  @Test
  @Requirement({"SPLIT-DRV-01", "PACKED-DRV-01", "SPLIT-DRV-19", "PACKED-IMP-11"})
  void eachKindGetsZeroedMemoryThatIsAlignedForIt() {
    for (RingFeatures kind : RingFixture.kinds()) {
      for (int size : new int[] {1, 4, 256}) {
        long before = memory.available();
        QueueMemory made = Virtqueues.create(1, size, 8, 64, kind, memory);
        if (kind.packed()) {
          assertInstanceOf(PackedVirtqueue.class, made.queue());
        } else {
          assertInstanceOf(SplitVirtqueue.class, made.queue());
        }
        long at = made.region().deviceAddress();
        assertEquals(0, (at + made.layout().descriptorArea()) % 16);
        assertEquals(0, (at + made.layout().driverArea()) % 4);
        assertEquals(0, (at + made.layout().deviceArea()) % 4);
        assertEquals(-1, made.region().segment().mismatch(zeroes(made)));
        made.region().free();
        assertEquals(before, memory.available());
      }
    }
  }

  private static MemorySegment zeroes(QueueMemory made) {
    return MemorySegment.ofArray(new byte[(int) made.region().segment().byteSize()]);
  }

  /** A table holds what the chains need, no more than 36, and no more than the queue's size. */
  @ParameterizedTest
  @CsvSource({"256, 1, 0", "256, 2, 2", "256, 20, 20", "256, 100, 36", "4, 20, 4", "1, 20, 0"})
  void tablesTakeWhatTheLongestChainNeeds(int size, int longestChain, int pieces) {
    var indirect = new RingFeatures(true, false, true, false, false);
    long ring =
        Virtqueues.create(0, size, longestChain, 64, RingFixture.PACKED, memory)
            .region()
            .segment()
            .byteSize();
    long both =
        Virtqueues.create(0, size, longestChain, 64, indirect, memory)
            .region()
            .segment()
            .byteSize();
    assertEquals((long) size * pieces * 16, both - ring);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 100, 255, 1000, 32768})
  @Requirement("PACKED-DRV-01")
  void eachPartOfAPackedRingIsAlignedAndNoneOverlaps(int size) {
    var layout = new PackedRingLayout(size);
    assertEquals(0, layout.descriptorArea());
    assertTrue(layout.driverArea() >= 16 * size);
    assertEquals(0, layout.driverArea() % 4);
    assertTrue(layout.deviceArea() >= layout.driverArea() + 4);
    assertEquals(0, layout.deviceArea() % 4);
    assertTrue(layout.bytes() >= layout.deviceArea() + 4);
    assertEquals(0, layout.alignment() % 16);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 32769, 65536, Integer.MIN_VALUE})
  void aSizeThatNoPackedQueueHasIsRefused(int size) {
    assertThrows(IllegalArgumentException.class, () -> new PackedRingLayout(size));
  }
}
