package virtionet.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import virtionet.driver.DeviceLostException;
import virtionet.driver.Fault.Kind;
import virtionet.net.Counter;
import virtionet.testing.DriverOnModel;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelSettings;
import virtionet.testing.ModelSettings.Fault;

/** Devices that do not know what queues they have. */
class QueueSetUpTest {
  private static final long QUEUE_SIZE_MAX = 0x034;

  static Stream<Arguments> refused() {
    return Stream.of(Card.values())
        .flatMap(
            card -> {
              ModelSettings sound = card.settings();
              return Stream.of(
                  Arguments.of(sound.withQueueSizeMax(0), "no virtqueue 0"),
                  Arguments.of(
                      sound.with(Fault.QUEUES_NOT_READY),
                      sound.isLegacy() ? "does not take its page" : "does not become ready"),
                  Arguments.of(sound.with(Fault.QUEUES_IN_USE), "is in use although"),
                  Arguments.of(
                      sound.offering(ModelSettings.CTRL_VQ).with(Fault.NO_CONTROL_QUEUE),
                      "disabled-features = [CTRL_VQ]"));
            });
  }

  @ParameterizedTest
  @MethodSource("refused")
  @Misbehaviour({"H08", "H30", "H31", "H36"})
  void h30_aQueueThatIsMissingInUseOrNotTakenIsTheReasonThatIsTold(
      ModelSettings device, String why) {
    try (var driver = DriverOnModel.of(device)) {
      assertTrue(driver.failure().contains(why), driver.failure());
      driver.stopWithoutATrace();
    }
  }

  static Stream<Arguments> sizes() {
    return Stream.of(Card.values())
        .flatMap(
            card ->
                Stream.of(2, 3, 5, 6, 7, 100, 1000, 0x8000, 0x10000, 0x7fff_ffff, -1, 0xdead_0009)
                    .map(size -> Arguments.of(card, size)));
  }

  @ParameterizedTest
  @MethodSource("sizes")
  @Misbehaviour({"H32", "H33", "H34"})
  void h34_whateverTheLargestSizeTheQueueFitsAndCarriesFrames(Card card, int largest) {
    // The model checks by the bound that it has, and says another.
    int bound = largest < 0 ? 0x8000 : largest;
    HostileMachine machine = Rig.machine(card.settings().withQueueSizeMax(bound));
    machine.lie(QUEUE_SIZE_MAX, truth -> truth == bound ? largest : truth);
    try (Rig rig = Rig.on(machine, "")) {
      int size = (int) Math.min(8, Integer.toUnsignedLong(largest));
      int rounded = card.isPacked() ? size : Integer.highestOneBit(size);
      until(
          "the queue is full",
          () ->
              rig.device().waiting(0) == (card == Card.LEGACY_TWO_PIECES ? rounded / 2 : rounded));
      rig.assertAtPeace();
      rig.end();
    }
  }

  @Test
  @Misbehaviour("H33")
  void h33_aQueueOfOneDescriptorWorksOrIsRefused() {
    for (Card card : List.of(Card.SPLIT, Card.PACKED, Card.LEGACY)) {
      try (Rig rig = Rig.of(card.settings().withQueueSizeMax(1))) {
        rig.assertAtPeace();
        rig.end();
      }
    }
    ModelSettings tooSmall = Card.LEGACY_TWO_PIECES.settings().withQueueSizeMax(1);
    try (var driver = DriverOnModel.of(tooSmall)) {
      assertTrue(driver.failure().contains("each frame needs 2"), driver.failure());
      driver.stopWithoutATrace();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H35")
  void h35_aLargestSizeThatChangesWithEachReadingDoesNoHarm(Card card) {
    HostileMachine machine = Rig.machine(card.settings().offering(ModelSettings.CONTROL));
    int[] said = {4, 1000, 2, -1, 16, 3};
    var reads = new AtomicInteger();
    machine.lie(QUEUE_SIZE_MAX, truth -> said[reads.getAndIncrement() % said.length]);
    try (Rig rig = Rig.on(machine, "")) {
      assertEquals(4, reads.get(), "a reading for each queue, and whether there is the third");
      rig.assertAtPeace();
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LEGACY", "LEGACY_TWO_PIECES"})
  @Misbehaviour("H37")
  void h37_aDeviceThatIgnoresTheAlignmentIsResetAsOneThatSendsNothingAndGivenUp(Card card) {
    ModelSettings device = card.settings().with(Fault.IGNORES_QUEUE_ALIGN);
    try (Rig rig = Rig.with("virtionet.transmit-timeout = 200 ms", device)) {
      // It has sent them, and says so where nobody looks. More than six lives take.
      for (int number = 0; number < 100; number++) {
        rig.send(number);
      }
      assertInstanceOf(DeviceLostException.class, rig.client().error());
      var fault = rig.givenUp();
      assertEquals(Kind.TRANSMIT_STALL, fault.kind(), fault::reason);
      assertEquals(6, rig.count(Counter.FAULTS));
      assertEquals(5, rig.warnings("sent none of them").size());
      assertTrue(rig.count(Counter.TRANSMIT_ABORTED) >= 6L * card.posted());
      assertEquals(0, rig.count(Counter.TRANSMITTED_FRAMES));
      rig.driver().stopWithoutATrace();
    }
  }
}
