package virtionet.hostile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.net.Counter;
import virtionet.testing.DeviceSideRing;
import virtionet.testing.Misbehaviour;
import virtionet.testing.SplitDeviceRing;

/** Devices that write into the driver's parts of a ring. */
class RingRewritesTest {
  private static final int USED_BUFFER = 1;

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H50")
  void h50_descriptorsThatTheDeviceRewritesAreNotReadBack(Card card) {
    try (Rig rig = Rig.of(card)) {
      DeviceSideRing ring = rig.device().ring(0);
      List<DeviceSideRing.Chain> taken = Rings.takeAll(ring);
      // All at once: past those that are used, what lies in a packed ring might look used.
      for (int number = 0; number < taken.size(); number++) {
        byte[] frame = bytes(number, 100);
        byte[] both = Arrays.copyOf(new byte[card.headerLength()], card.headerLength() + 100);
        System.arraycopy(frame, 0, both, card.headerLength(), 100);
        taken.get(number).write(both);
      }
      if (!card.isPacked()) {
        ring.descriptors().fill((byte) 0xa5);
      }
      taken.forEach(chain -> ring.rawUse(chain.head(), card.headerLength() + 100));
      rig.device().raise(USED_BUFFER);
      for (int number = 0; number < taken.size(); number++) {
        assertArrayEquals(bytes(number, 100), rig.client().receive());
      }
      assertEquals(0, rig.count(Counter.FAULTS));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"SPLIT", "LEGACY", "LEGACY_TWO_PIECES"})
  @Misbehaviour("H51")
  void h51_anAvailableRingThatTheDeviceRewritesIsNotReadBack(Card card) {
    try (Rig rig = Rig.of(card)) {
      for (int round = 0; round < 20; round++) {
        var ring = (SplitDeviceRing) rig.device().ring(0);
        List<DeviceSideRing.Chain> taken = Rings.takeAll(ring);
        assertEquals(card.posted(), taken.size());
        ring.rawAvailable((byte) (0x11 * round));
        for (DeviceSideRing.Chain chain : taken) {
          ring.use(chain.head(), card.headerLength() + 60);
        }
        rig.device().raise(USED_BUFFER);
        for (int frame = 0; frame < taken.size(); frame++) {
          rig.client().receive();
        }
        until("the ring is full again", () -> ring.waiting() == card.posted());
      }
      assertEquals(0, rig.count(Counter.FAULTS));
    }
  }
}
