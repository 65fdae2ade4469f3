package virtionet.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.until;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.driver.DeviceEvent;
import virtionet.driver.DeviceLostException;
import virtionet.driver.Fault.Kind;
import virtionet.net.Counter;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelSettings;
import virtionet.testing.ModelSettings.Fault;

/** Devices that come, go and fail as they like. */
class StatusTest {
  private static final long STATUS = 0x070;
  private static final long DEVICE_FEATURES = 0x010;

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H05")
  void h05_aDeviceThatVanishesIsLeftAloneAndItsMemoryIsNotUsedAgain(Card card) {
    try (Rig rig = Rig.of(card)) {
      rig.assertCarriesFrames();
      rig.awaitQuietLine();
      rig.machine().forgetAccesses();
      rig.device().vanish();
      assertInstanceOf(DeviceLostException.class, rig.client().error());
      assertEquals(List.of(), rig.machine().writes());
      assertEquals(1, rig.count(Counter.FAULTS));
      assertEquals(1, rig.warnings(" is reset: the device is gone").size());
      assertEquals(1, rig.count(Counter.QUARANTINES));
      assertEquals(Kind.GONE, rig.givenUp().kind());
      until("memory is withdrawn", () -> rig.driver().memory().quarantined() > 0);
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H06")
  void h06_whatADeviceSaysOfItselfLaterIsNotAsked(Card card) {
    try (Rig rig = Rig.of(card)) {
      for (long offset = 0; offset <= 8; offset += 4) {
        rig.machine().lie(offset, truth -> 0);
      }
      rig.machine().forgetAccesses();
      rig.device().needReset();
      rig.assertReset(Kind.NEEDS_RESET, "asks to be reset");
      assertFalse(rig.machine().reads().stream().anyMatch(offset -> offset < 0x010));
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H10")
  void h10_aDeviceThatNeverConfirmsItsResetIsGivenUpAndItsMemoryWithdrawn(Card card) {
    try (Rig rig = Rig.of(card.settings().with(Fault.NEVER_RESETS))) {
      rig.device().needReset();
      assertInstanceOf(DeviceLostException.class, rig.client().error());
      assertTrue(rig.driver().failure().contains("did not confirm its reset"));
      assertTrue(rig.driver().memory().quarantined() > 0);
      assertEquals(List.of(), rig.events(DeviceEvent.Recovered.class));
      assertEquals(Kind.REFUSED, rig.givenUp().kind());
      assertEquals(1, rig.count(Counter.QUARANTINES));
      assertEquals(0, rig.count(Counter.QUARANTINES_LIFTED));
      assertEquals(1, rig.warnings("its memory is withdrawn").size());
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H10")
  void h10_memoryThatWasWithdrawnGoesBackWithALaterResetThatIsConfirmed(Card card) {
    try (Rig rig = Rig.with(Rig.NEVER_GIVEN_UP, card.settings())) {
      // Not confirmed within reset-timeout; perhaps not at the next start either.
      rig.machine().lie(STATUS, truth -> truth == 0 ? 1 : truth);
      rig.device().needReset();
      until("memory is withdrawn", () -> rig.count(Counter.QUARANTINES) == 1);
      assertTrue(rig.driver().memory().quarantined() > 0);
      rig.machine().beHonest(STATUS);
      rig.assertReset(Kind.NEEDS_RESET, "asks to be reset");
      assertEquals(0, rig.driver().memory().quarantined());
      assertEquals(1, rig.count(Counter.QUARANTINES_LIFTED));
      rig.client().leave();
      rig.driver().stopWithoutATrace();
    }
  }

  static Stream<Arguments> lostBits() {
    return Stream.of(Card.values())
        .flatMap(
            card ->
                Stream.of(4, 8)
                    .filter(bit -> bit == 4 || !card.settings().isLegacy())
                    .map(bit -> Arguments.of(card, bit)));
  }

  @ParameterizedTest
  @MethodSource("lostBits")
  @Misbehaviour("H13")
  void h13_aStatusBitThatVanishesIsFoundAndEndsInAReset(Card card, int bit) {
    try (Rig rig = Rig.of(card)) {
      var reads = new AtomicInteger();
      rig.machine().lie(STATUS, truth -> reads.incrementAndGet() == 1 ? truth & ~bit : truth);
      rig.assertReset(Kind.STOPPED, "was reset, and not by this driver");
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H14")
  void h14_aWishForAResetDuringTheStartCostsThisStartAlone(Card card) {
    HostileMachine machine = Rig.machine(card.settings());
    var starts = new AtomicInteger(2);
    machine.lie(
        STATUS, truth -> (truth & 4) != 0 && starts.getAndDecrement() > 0 ? truth | 0x40 : truth);
    try (Rig rig = Rig.on(machine, "")) {
      assertEquals(2, rig.warnings("cannot be brought up: the device asks for a reset").size());
      rig.assertCarriesFrames();
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H15")
  void h15_aWishForAResetUnderTrafficIsGrantedAndFramesInFlightAreAborted(Card card) {
    try (Rig rig = Rig.with("virtionet.transmit-timeout = 1 m", card.settings())) {
      rig.device().stallUntilReset();
      for (int number = 0; number < 3; number++) {
        rig.send(number);
      }
      until("they are with the device", () -> rig.device().waiting(1) == 3);
      rig.device().needReset();
      rig.assertReset(Kind.NEEDS_RESET, "asks to be reset");
      assertEquals(3, rig.count(Counter.TRANSMIT_ABORTED));
      assertEquals(3, rig.events(DeviceEvent.Recovered.class).getFirst().abortedFrames());
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H15")
  void h15_aWishForAResetThatNoInterruptTellsOfIsFound(Card card) {
    try (Rig rig = Rig.of(card)) {
      rig.device().line().mute(true);
      rig.device().needReset();
      until("it is seen", () -> !rig.events(DeviceEvent.Recovering.class).isEmpty());
      rig.device().line().mute(false);
      rig.assertReset(Kind.NEEDS_RESET, "asks to be reset");
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour({"H14", "H16"})
  void h16_aDeviceThatAsksForAResetAfterEachStartIsGivenUpAfterABoundedNumber(Card card) {
    try (Rig rig = Rig.of(card)) {
      int before = rig.device().statusWrites().size();
      rig.device().needResetAtEachStart(true);
      rig.device().needReset();
      assertInstanceOf(DeviceLostException.class, rig.client().error());
      List<Integer> writes = rig.device().statusWrites();
      long starts =
          writes.subList(before, writes.size()).stream()
              .filter(status -> (status & 0x84) == 4)
              .count();
      assertEquals(5, starts);
      until("it is told", () -> rig.events(DeviceEvent.GivenUp.class).size() == 1);
      rig.driver().stopWithoutATrace();
    }
  }

  @Test
  @Misbehaviour("H17")
  void h17_otherFeaturesAfterAResetChangeEachLengthThatDependsOnThem() {
    long merging = ModelSettings.MRG_RXBUF;
    for (Card card : List.of(Card.LEGACY, Card.LEGACY_TWO_PIECES)) {
      // The header has 12 bytes with it and 10 without.
      try (Rig rig = Rig.of(card.settings().offering(merging))) {
        boolean[] offered = {false, true, false};
        for (boolean now : offered) {
          rig.machine().lie(DEVICE_FEATURES, truth -> now ? truth : (int) (truth & ~merging));
          rig.device().needReset();
          rig.assertReset(Kind.NEEDS_RESET, "asks to be reset");
          assertEquals(now, (rig.device().driverFeatures() & merging) != 0);
        }
        rig.end();
      }
    }
  }

  @Test
  @Misbehaviour("H17")
  void h17_theKindOfRingMayChangeFromOneStartToTheNext() {
    try (Rig rig = Rig.of(Card.PACKED)) {
      for (int round = 0; round < 4; round++) {
        int hidden = round % 2 == 0 ? 4 : 0;
        // Of the second word: RING_PACKED; of the first the bit is no feature of this device.
        rig.machine().lie(DEVICE_FEATURES, truth -> (truth & 1) != 0 ? truth & ~hidden : truth);
        rig.device().needReset();
        rig.assertReset(Kind.NEEDS_RESET, "asks to be reset");
        boolean packed = (rig.device().driverFeatures() & ModelSettings.RING_PACKED) != 0;
        assertEquals(hidden == 0, packed);
      }
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H18")
  void h18_featuresWithoutThoseThatTheyNeedAreLeftAlone(Card card) {
    // Segmentation without checksums; commands without a control queue.
    long lacking = 1L << 7 | 1L << 8 | 1L << 11 | 1L << 12 | 1L << 18 | 1L << 21 | 1L << 23;
    try (Rig rig = Rig.of(card.settings().offering(lacking))) {
      assertEquals(0, rig.device().driverFeatures() & lacking);
      rig.assertAtPeace();
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"SPLIT", "LEGACY"})
  @Misbehaviour("H19")
  void h19_wordsOfFeaturesBeyondThoseThatThereAreAreNotAskedFor(Card card) {
    HostileMachine machine = Rig.machine(card.settings());
    try (Rig rig = Rig.on(machine, "")) {
      long words = machine.reads().stream().filter(offset -> offset == DEVICE_FEATURES).count();
      assertTrue(words <= (card == Card.LEGACY ? 1 : 2), words + " words");
      rig.assertAtPeace();
      rig.end();
    }
  }
}
