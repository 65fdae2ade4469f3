package virtionet.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import java.lang.foreign.ValueLayout;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.driver.Fault.Kind;
import virtionet.net.Counter;
import virtionet.testing.DeviceSideRing;
import virtionet.testing.Misbehaviour;
import virtionet.testing.PackedDeviceRing;
import virtionet.testing.SplitDeviceRing;

/** Devices that give back what they were not given. */
class UsedIdsTest {
  private static final int USED_BUFFER = 1;

  static Stream<Arguments> wildIds() {
    return Stream.concat(
        Rings.each(Card.values(), 8, 9, 0x7fff, 0xffff),
        Rings.each(new Card[] {Card.SPLIT, Card.LEGACY}, 0x7fff_ffff, 0x8000_0000, -1));
  }

  @ParameterizedTest
  @MethodSource("wildIds")
  @Misbehaviour({"H40", "H60"})
  void h40_anIdBeyondTheQueueEndsInAReset(Card card, int id) {
    for (int queue = 0; queue < 2; queue++) {
      try (Rig rig = Rings.loaded(card)) {
        rig.device().ring(queue).rawUse(id, 60);
        rig.device().raise(USED_BUFFER);
        rig.assertReset(Kind.RING_VIOLATION, "virtqueue %d: used id".formatted(queue));
        rig.end();
      }
    }
  }

  static Stream<Arguments> disguisedIds() {
    return Rings.each(
        new Card[] {Card.SPLIT, Card.LEGACY}, 0x10000, 0x10003, 0x8000_0000, 0xffff_0001);
  }

  @ParameterizedTest
  @MethodSource("disguisedIds")
  @Misbehaviour("H41")
  void h41_anIdWhoseLowerHalfIsOutstandingEndsInAReset(Card card, int id) {
    try (Rig rig = Rings.loaded(card)) {
      rig.device().ring(0).rawUse(id, 60);
      rig.device().raise(USED_BUFFER);
      rig.assertReset(Kind.RING_VIOLATION, "used id " + Integer.toUnsignedString(id));
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour({"H42", "H60"})
  void h42_anIdThatIsNotOutstandingEndsInAReset(Card card) {
    try (Rig rig = Rings.loaded(card)) {
      rig.device().ring(1).rawUse(6, 0);
      rig.device().raise(USED_BUFFER);
      rig.assertReset(Kind.RING_VIOLATION, "used id 6 is not a buffer that is outstanding");
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour({"H42", "H60"})
  void h42_aBufferThatComesBackTwiceEndsInAResetAndIsNotFreedTwice(Card card) {
    try (Rig rig = Rings.loaded(card)) {
      DeviceSideRing ring = rig.device().ring(0);
      int head = ring.take().orElseThrow().head();
      ring.rawUse(head, card.headerLength() + 60);
      ring.rawUse(head, card.headerLength() + 60);
      rig.device().raise(USED_BUFFER);
      rig.client().receive();
      rig.assertReset(Kind.RING_VIOLATION, "used id %d is not".formatted(head));
      rig.end();
    }
  }

  @Test
  @Misbehaviour("H43")
  void h43_anIdInTheMiddleOfAChainEndsInAReset() {
    for (int queue = 0; queue < 2; queue++) {
      try (Rig rig = Rings.loaded(Card.LEGACY_TWO_PIECES)) {
        DeviceSideRing ring = rig.device().ring(queue);
        ring.rawUse(ring.take().orElseThrow().head() + 1, 60);
        rig.device().raise(USED_BUFFER);
        rig.assertReset(Kind.RING_VIOLATION, "is not a buffer that is outstanding");
        rig.end();
      }
    }
  }

  static Stream<Arguments> jumps() {
    Card[] split = {Card.SPLIT, Card.LEGACY, Card.LEGACY_TWO_PIECES};
    return Rings.each(split, 9, 100, 0x7fff, 0x8000, 0xffff);
  }

  @ParameterizedTest
  @MethodSource("jumps")
  @Misbehaviour("H44")
  void h44_aUsedIndexThatJumpsEndsInAReset(Card card, int index) {
    for (int queue = 0; queue < 2; queue++) {
      try (Rig rig = Rings.loaded(card)) {
        ((SplitDeviceRing) rig.device().ring(queue)).rawUsedIndex(index);
        rig.device().raise(USED_BUFFER);
        rig.assertReset(Kind.RING_VIOLATION, "used index went from 0 to " + index);
        rig.end();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"SPLIT", "LEGACY", "LEGACY_TWO_PIECES"})
  @Misbehaviour("H45")
  void h45_aUsedIndexThatGoesBackEndsInAReset(Card card) {
    try (Rig rig = Rig.of(card)) {
      for (int number = 0; number < 3; number++) {
        rig.device().receive(bytes(number, 60));
        rig.client().receive();
      }
      ((SplitDeviceRing) rig.device().ring(0)).rawUsedIndex(1);
      rig.device().raise(USED_BUFFER);
      rig.assertReset(Kind.RING_VIOLATION, "used index went from 3 to 1");
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H55")
  void h55_buffersComeBackInAnyOrder(Card card) {
    try (Rig rig = Rig.with("virtionet.transmit-timeout = 1 m", card.settings())) {
      rig.device().stall();
      for (int number = 0; number < card.posted(); number++) {
        rig.send(number);
      }
      until("all are with the device", () -> rig.device().waiting(1) == card.posted());
      for (int queue = 0; queue < 2; queue++) {
        DeviceSideRing ring = rig.device().ring(queue);
        List<DeviceSideRing.Chain> taken = Rings.takeAll(ring);
        Collections.reverse(taken);
        int written = queue == 0 ? card.headerLength() + 60 : 0;
        taken.forEach(chain -> ring.use(chain.head(), written));
      }
      rig.device().raise(USED_BUFFER);
      until("all are sent", () -> rig.count(Counter.TRANSMITTED_FRAMES) == card.posted());
      for (int frame = 0; frame < card.posted(); frame++) {
        assertEquals(60, rig.client().receive().length);
      }
      assertEquals(0, rig.count(Counter.FAULTS));
      rig.end();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0x0000, 0x0080, 0x7f7f, 0xff7f})
  @Misbehaviour("H61")
  void h61_aDescriptorOfTheWrongLapIsNotUsed(int flags) {
    try (Rig rig = Rig.of(Card.PACKED)) {
      var ring = (PackedDeviceRing) rig.device().ring(0);
      short before = ring.descriptors().get(ValueLayout.JAVA_SHORT, 14);
      ring.rawFlags(flags);
      rig.device().raise(USED_BUFFER);
      int looks = rig.device().interruptStatusReads();
      until("the watchdog has looked", () -> rig.device().interruptStatusReads() > looks + 1);
      assertEquals(0, rig.count(Counter.RECEIVED_FRAMES));
      ring.rawFlags(before);
      rig.assertAtPeace();
      rig.end();
    }
  }
}
