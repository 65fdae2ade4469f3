package virtionet.hostile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.net.Counter;
import virtionet.testing.DeviceSideRing;
import virtionet.testing.Misbehaviour;

/** Devices that change a frame after the driver has looked at it. */
class DoubleFetchTest {
  private static final int USED_BUFFER = 1;

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H57")
  void h57_aFrameOfAParanoidDriverStaysAsItWasRead(Card card) {
    try (Rig rig = Rig.with("virtionet.paranoid = on", card.settings())) {
      assertArrayEquals(bytes(1, 60), rewrittenWhileItWaits(rig, card));
      assertEquals(1, rig.count(Counter.COPIED_FRAMES));
      rig.assertAtPeace();
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H57")
  void h57_otherwiseTheApplicationSeesWhatTheDeviceMadeOfItInTheSameLength(Card card) {
    try (Rig rig = Rig.of(card)) {
      assertArrayEquals(bytes(2, 60), rewrittenWhileItWaits(rig, card));
      assertEquals(0, rig.count(Counter.COPIED_FRAMES));
      rig.assertAtPeace();
      rig.end();
    }
  }

  /** What a client gets when the device puts another frame in place of one that was accepted. */
  private static byte[] rewrittenWhileItWaits(Rig rig, Card card) {
    DeviceSideRing ring = rig.device().ring(0);
    DeviceSideRing.Chain chain = ring.take().orElseThrow();
    chain.write(behindHeader(card, (byte) 0, bytes(1, 60)));
    ring.use(chain.head(), card.headerLength() + 60);
    rig.device().raise(USED_BUFFER);
    until("it is accepted", () -> rig.count(Counter.RECEIVED_FRAMES) == 1);
    // Longer as well: of what lies behind the length that was claimed nothing is seen.
    chain.write(behindHeader(card, (byte) 0xff, Arrays.copyOf(bytes(2, 60), 2000)));
    return rig.client().receive();
  }

  private static byte[] behindHeader(Card card, byte header, byte[] frame) {
    byte[] both = new byte[card.headerLength() + frame.length];
    Arrays.fill(both, 0, card.headerLength(), header);
    System.arraycopy(frame, 0, both, card.headerLength(), frame.length);
    return both;
  }
}
