package virtionet.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.driver.Fault.Kind;
import virtionet.net.Counter;
import virtionet.testing.DeviceSideRing;
import virtionet.testing.Misbehaviour;

/** Devices that claim to have written what they cannot have written. */
class UsedLengthsTest {
  private static final int USED_BUFFER = 1;

  /** Bytes that a receive buffer holds, and more. */
  private static final int BUFFER = 4096;

  static Stream<Arguments> longLengths() {
    return Rings.each(Card.values(), BUFFER + 13, 0xffff, 0x7fff_ffff, 0x8000_0000, -1);
  }

  @ParameterizedTest
  @MethodSource("longLengths")
  @Misbehaviour({"H47", "H64"})
  void h47_aLengthBeyondTheBufferDropsTheFrameAndNothingElse(Card card, int claimed) {
    try (Rig rig = Rig.of(card)) {
      for (int time = 0; time < card.posted() + 1; time++) {
        until(
            "there is a buffer",
            () -> rig.device().deliverRaw(new byte[card.headerLength()], bytes(1, 60), claimed));
        rig.device().raise(USED_BUFFER);
      }
      rig.assertDropped(Counter.DROPPED_OVERLONG, card.posted() + 1);
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour({"H47", "H64"})
  void h47_aDeviceThatClaimsNothingElseAnyMoreIsReset(Card card) {
    try (Rig rig = Rig.of(card)) {
      byte[] header = new byte[card.headerLength()];
      int most = 64;
      for (int time = 1; time < most; time++) {
        overlong(rig, header);
      }
      // A good frame between: the device is believed again.
      until("there is a buffer", () -> rig.device().receive(bytes(1, 60)));
      rig.client().receive();
      for (int time = 1; time < most; time++) {
        overlong(rig, header);
      }
      until("they are dropped", () -> rig.count(Counter.DROPPED_OVERLONG) == 2L * most - 2);
      assertEquals(0, rig.count(Counter.FAULTS));
      overlong(rig, header);
      rig.assertReset(Kind.RING_VIOLATION, "64 lengths in a row that are beyond their buffers");
      assertEquals(2L * most - 1, rig.count(Counter.DROPPED_OVERLONG));
      rig.end();
    }
  }

  private static void overlong(Rig rig, byte[] header) {
    until("there is a buffer", () -> rig.device().deliverRaw(header, bytes(1, 60), BUFFER + 13));
    rig.device().raise(USED_BUFFER);
  }

  static Stream<Arguments> transmittedLengths() {
    return Rings.each(Card.values(), 1, 60, 0xffff, 0x7fff_ffff, 0x8000_0000, -1);
  }

  @ParameterizedTest
  @MethodSource("transmittedLengths")
  @Misbehaviour({"H48", "H64"})
  void h48_theLengthOfATransmittedFrameIsNotLookedAt(Card card, int claimed) {
    try (Rig rig = Rig.with("virtionet.transmit-timeout = 1 m", card.settings())) {
      rig.device().stall();
      rig.send(1);
      until("the frame is with the device", () -> rig.device().waiting(1) == 1);
      DeviceSideRing ring = rig.device().ring(1);
      ring.use(ring.take().orElseThrow().head(), claimed);
      rig.device().raise(USED_BUFFER);
      until("it is sent", () -> rig.count(Counter.TRANSMITTED_FRAMES) == 1);
      assertEquals(0, rig.count(Counter.FAULTS));
      rig.end();
    }
  }

  static Stream<Arguments> shortLengths() {
    return Stream.of(Card.values())
        .flatMap(
            card ->
                IntStream.of(0, 1, card.headerLength() - 1)
                    .mapToObj(length -> Arguments.of(card, length)));
  }

  @ParameterizedTest
  @MethodSource("shortLengths")
  @Misbehaviour("H49")
  void h49_lessThanAHeaderIsDroppedAndTheBuffersAreNotLost(Card card, int claimed) {
    try (Rig rig = Rig.of(card)) {
      for (int time = 0; time < 3 * card.posted(); time++) {
        until(
            "there is a buffer",
            () -> rig.device().deliverRaw(new byte[card.headerLength()], bytes(1, 60), claimed));
        rig.device().raise(USED_BUFFER);
      }
      rig.assertDropped(Counter.DROPPED_RUNT, 3L * card.posted());
      rig.end();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 13})
  @Misbehaviour({"H49", "H83"})
  void h83_lessThanAnEthernetHeaderIsDroppedAndTheBuffersAreNotLost(int bytes) {
    for (Card card : Card.values()) {
      try (Rig rig = Rig.of(card)) {
        byte[] header = new byte[card.headerLength()];
        for (int time = 0; time < 3 * card.posted(); time++) {
          until(
              "there is a buffer",
              () -> rig.device().deliverRaw(header, new byte[bytes], header.length + bytes));
          rig.device().raise(USED_BUFFER);
        }
        rig.assertDropped(Counter.DROPPED_RUNT, 3L * card.posted());
        rig.end();
      }
    }
  }
}
