package virtionet.hostile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.failureOf;
import static virtionet.testing.DriverOnModel.until;

import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.driver.ControlException;
import virtionet.driver.DeviceControl;
import virtionet.driver.Fault.Kind;
import virtionet.net.Counter;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelSettings;

/** Devices that answer commands as they like, or not at all. */
class ControlAnswersTest {
  private static final int USED_BUFFER = 1;

  private static Rig rig(Card card) {
    return Rig.of(card.settings().offering(ModelSettings.CONTROL));
  }

  private static DeviceControl control(Rig rig) {
    return rig.client().connected().control();
  }

  private static void assertFails(ControlException.Kind kind, CompletionStage<?> command) {
    assertEquals(kind, assertInstanceOf(ControlException.class, failureOf(command)).kind());
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H120")
  void h120_aCommandThatIsNeverAnsweredFailsAndTheDeviceIsReset(Card card) {
    try (Rig rig = rig(card)) {
      rig.device().stallControl();
      assertFails(ControlException.Kind.TIMEOUT, control(rig).promiscuous(true));
      rig.assertReset(Kind.CONTROL_TIMEOUT, "did not answer the control command");
    }
  }

  static Stream<Arguments> answers() {
    return Stream.of(Card.values())
        .flatMap(card -> Stream.of(1, 2, 0x7f, 0xff, -1).map(answer -> Arguments.of(card, answer)));
  }

  @ParameterizedTest
  @MethodSource("answers")
  @Misbehaviour({"H121", "H125"})
  void h121_anAnswerOtherThanOkFailsTheCommandAndNothingElse(Card card, int answer) {
    try (Rig rig = rig(card)) {
      rig.device().control().answer(answer);
      ControlException.Kind kind =
          answer == 1 ? ControlException.Kind.REJECTED : ControlException.Kind.UNINTELLIGIBLE;
      for (int round = 0; round < 20; round++) {
        assertFails(kind, control(rig).allMulticast(true));
        if (!card.settings().isLegacy()) {
          assertFails(kind, control(rig).coalescing(0));
        }
      }
      rig.device().control().answer(0);
      await(control(rig).allMulticast(true));
      rig.assertAtPeace();
      rig.end();
    }
  }

  static Stream<Arguments> lengths() {
    return Stream.of(Card.values())
        .flatMap(
            card ->
                Stream.of(0L, 2L, 1000L, 0xffff_ffffL).map(length -> Arguments.of(card, length)));
  }

  @ParameterizedTest
  @MethodSource("lengths")
  @Misbehaviour("H122")
  void h122_theLengthOfAnAnswerIsNotLookedAt(Card card, long length) {
    try (Rig rig = rig(card)) {
      rig.device().control().claim(length);
      for (int round = 0; round < 20; round++) {
        await(control(rig).promiscuous(round % 2 == 0));
      }
      rig.assertAtPeace();
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour({"H40", "H42", "H60"})
  void h42_anAnswerToNoCommandEndsInAReset(Card card) {
    // Longer than it takes here to give that answer.
    String patient = "virtionet.control-timeout = 1 m";
    try (Rig rig = Rig.with(patient, card.settings().offering(ModelSettings.CONTROL))) {
      rig.device().stallControl();
      CompletionStage<?> command = control(rig).promiscuous(true);
      int queue = rig.device().controlQueue();
      until("the command is there", () -> rig.device().waiting(queue) == 1);
      rig.device().ring(queue).rawUse(9, 1);
      rig.device().raise(USED_BUFFER);
      failureOf(command);
      rig.assertReset(Kind.RING_VIOLATION, "virtqueue %d: used id 9".formatted(queue));
    }
  }

  @Test
  @Misbehaviour("H123")
  void h123_aDeviceThatTakesPairsAndUsesTheFirstAloneIsFine() {
    ModelSettings device = Card.SPLIT.settings().withPairs(2).offering(ModelSettings.CONTROL);
    String settings = "virtionet { queue-pairs = 2, control-timeout = 1 m }";
    try (Rig rig = Rig.with(settings, device)) {
      until("both pairs are in use", () -> rig.device().pairs() == 2);
      for (int number = 0; number < 20; number++) {
        byte[] frame = bytes(number, 60);
        until("there is a buffer", () -> rig.device().receive(0, frame));
        assertArrayEquals(frame, rig.client().receive());
      }
      rig.assertAtPeace();
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H124")
  void h124_announcementsForEverAreAnsweredAtAModestRate(Card card) {
    try (Rig rig = rig(card)) {
      long start = System.nanoTime();
      rig.device().control().announceForEver();
      rig.device().announce();
      until("it is answered", () -> rig.device().control().announcements() > 0);
      rig.assertCarriesFrames();
      double seconds = (System.nanoTime() - start) / 1e9;
      int answers = rig.device().control().announcements();
      assertTrue(answers <= 2 + 20 * seconds, answers + " answers in " + seconds + " s");
      assertEquals(0, rig.count(Counter.FAULTS));
    }
  }
}
