package virtionet.hostile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
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
class UsedRingTest {
  private static final int USED_BUFFER = 1;

  /** Bytes that a receive buffer holds, and more. */
  private static final int BUFFER = 4096;

  private static Stream<Arguments> each(Card[] cards, int... values) {
    return Stream.of(cards)
        .flatMap(card -> IntStream.of(values).mapToObj(value -> Arguments.of(card, value)));
  }

  /** With frames in each queue: the receive queue is full, one is in the transmit queue. */
  private static Rig loaded(Card card) {
    Rig rig = Rig.of(card);
    rig.device().stallUntilReset();
    rig.send(1);
    until("the frame is with the device", () -> rig.device().waiting(1) == 1);
    return rig;
  }

  static Stream<Arguments> wildIds() {
    return Stream.concat(
        each(Card.values(), 8, 9, 0x7fff, 0xffff),
        each(new Card[] {Card.SPLIT, Card.LEGACY}, 0x7fff_ffff, 0x8000_0000, -1));
  }

  @ParameterizedTest
  @MethodSource("wildIds")
  @Misbehaviour({"H40", "H60"})
  void h40_anIdBeyondTheQueueEndsInAReset(Card card, int id) {
    for (int queue = 0; queue < 2; queue++) {
      try (Rig rig = loaded(card)) {
        rig.device().ring(queue).rawUse(id, 60);
        rig.device().raise(USED_BUFFER);
        rig.assertReset(Kind.RING_VIOLATION, "virtqueue %d: used id".formatted(queue));
        rig.end();
      }
    }
  }

  static Stream<Arguments> disguisedIds() {
    return each(new Card[] {Card.SPLIT, Card.LEGACY}, 0x10000, 0x10003, 0x8000_0000, 0xffff_0001);
  }

  @ParameterizedTest
  @MethodSource("disguisedIds")
  @Misbehaviour("H41")
  void h41_anIdWhoseLowerHalfIsOutstandingEndsInAReset(Card card, int id) {
    try (Rig rig = loaded(card)) {
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
    try (Rig rig = loaded(card)) {
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
    try (Rig rig = loaded(card)) {
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
      try (Rig rig = loaded(Card.LEGACY_TWO_PIECES)) {
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
    return each(split, 9, 100, 0x7fff, 0x8000, 0xffff);
  }

  @ParameterizedTest
  @MethodSource("jumps")
  @Misbehaviour("H44")
  void h44_aUsedIndexThatJumpsEndsInAReset(Card card, int index) {
    for (int queue = 0; queue < 2; queue++) {
      try (Rig rig = loaded(card)) {
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

  static Stream<Arguments> longLengths() {
    return each(Card.values(), BUFFER + 13, 0xffff, 0x7fff_ffff, 0x8000_0000, -1);
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

  static Stream<Arguments> transmittedLengths() {
    return each(Card.values(), 1, 60, 0xffff, 0x7fff_ffff, 0x8000_0000, -1);
  }

  @ParameterizedTest
  @MethodSource("transmittedLengths")
  @Misbehaviour({"H48", "H64"})
  void h48_theLengthOfATransmittedFrameIsNotLookedAt(Card card, int claimed) {
    try (Rig rig = Rig.of(card)) {
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

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H50")
  void h50_descriptorsThatTheDeviceRewritesAreNotReadBack(Card card) {
    try (Rig rig = Rig.of(card)) {
      DeviceSideRing ring = rig.device().ring(0);
      List<DeviceSideRing.Chain> taken = takeAll(ring);
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
        List<DeviceSideRing.Chain> taken = takeAll(ring);
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

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour({"H52", "H63"})
  void h52_aDeviceThatSleepsAndAsksForNoDoorbellGetsOneInTime(Card card) {
    try (Rig rig = Rig.of(card)) {
      rig.assertCarriesFrames();
      if (rig.device().ring(1) instanceof PackedDeviceRing packed) {
        packed.disableNotifications();
      } else {
        ((SplitDeviceRing) rig.device().ring(1)).rawNotificationHints(1, 0x7000);
      }
      rig.device().takeTransmitted();
      rig.send(1);
      until("it is sent all the same", () -> rig.device().takeTransmitted().size() == 1);
      rig.assertAtPeace();
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H53")
  void h53_aDeviceThatSendsNothingIsResetAndWhatWaitsIsSent(Card card) {
    try (Rig rig = Rig.of(card)) {
      rig.device().stallUntilReset();
      for (int number = 0; number < 12; number++) {
        rig.send(number);
      }
      long waited = 12L - card.posted();
      until("what waited is sent", () -> rig.count(Counter.TRANSMITTED_FRAMES) == waited);
      rig.assertReset(Kind.TRANSMIT_STALL, "sent none of them");
      assertEquals(card.posted(), rig.count(Counter.TRANSMIT_ABORTED));
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H54")
  void h54_aDeviceThatReceivesNothingIsOnAQuietNetwork(Card card) {
    try (Rig rig = Rig.of(card)) {
      for (int number = 1; number <= 50; number++) {
        int sent = number;
        rig.send(number);
        until("it is sent", () -> rig.count(Counter.TRANSMITTED_FRAMES) == sent);
      }
      int looks = rig.device().interruptStatusReads();
      until("the watchdog has looked", () -> rig.device().interruptStatusReads() > looks + 1);
      assertEquals(0, rig.count(Counter.LOST_WAKEUPS));
      rig.assertAtPeace();
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H55")
  void h55_buffersComeBackInAnyOrder(Card card) {
    try (Rig rig = Rig.of(card)) {
      rig.device().stall();
      for (int number = 0; number < card.posted(); number++) {
        rig.send(number);
      }
      until("all are with the device", () -> rig.device().waiting(1) == card.posted());
      for (int queue = 0; queue < 2; queue++) {
        DeviceSideRing ring = rig.device().ring(queue);
        List<DeviceSideRing.Chain> taken = takeAll(ring);
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

  private static List<DeviceSideRing.Chain> takeAll(DeviceSideRing ring) {
    List<DeviceSideRing.Chain> taken = new ArrayList<>();
    while (ring.waiting() > 0) {
      taken.add(ring.take().orElseThrow());
    }
    return taken;
  }
}
