package virtionet.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import virtionet.testing.DeviceSideRing.Chain;
import virtionet.testing.Misbehaviour;

/** What a device may write into the inside of a chain in a packed ring. */
class PackedChainTest {
  private static final int AVAILABLE_AND_USED = 0x8080;

  @Test
  @Misbehaviour("H62")
  void aDescriptorThatIsMarkedUsedWithinAChainIsNotLookedAt() {
    RingFixture ring = RingFixture.of(RingFixture.PACKED, 8);
    ring.driver().add(ring.chain(3), 5);
    ring.driver().add(ring.chain(2), 6);
    ring.driver().publish();
    List<Chain> taken = ring.takeAll();
    markUsed(ring.device().descriptors(), 1);
    markUsed(ring.device().descriptors(), 2);
    assertEquals(Virtqueue.NONE, ring.driver().poll());
    ring.device().rawUse(taken.get(0).head(), 1);
    assertEquals(5, ring.driver().poll());
    assertEquals(Virtqueue.NONE, ring.driver().poll(), "the next is looked for after the chain");
    ring.device().rawUse(taken.get(1).head(), 1);
    assertEquals(6, ring.driver().poll());
    assertEquals(8, ring.driver().free());
  }

  private static void markUsed(MemorySegment descriptors, int slot) {
    descriptors.set(ValueLayout.JAVA_SHORT, 16L * slot + 12, (short) 1);
    descriptors.set(ValueLayout.JAVA_SHORT, 16L * slot + 14, (short) AVAILABLE_AND_USED);
  }
}
