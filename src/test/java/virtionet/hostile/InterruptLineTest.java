package virtionet.hostile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.driver.DeviceEvent;
import virtionet.driver.Fault.Kind;
import virtionet.net.Counter;
import virtionet.testing.Misbehaviour;

/** Devices whose interrupts cannot be relied on. */
class InterruptLineTest {
  private static final long INTERRUPT_STATUS = 0x060;
  private static final long INTERRUPT_ACK = 0x064;
  private static final long STATUS = 0x070;
  private static final int USED_BUFFER = 1;

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H110")
  void h110_interruptsForNothingAreCountedAndNothingElse(Card card) {
    try (Rig rig = Rig.of(card)) {
      for (int time = 1; time <= 20; time++) {
        long before = rig.count(Counter.SPURIOUS_INTERRUPTS);
        rig.machine().lie(INTERRUPT_STATUS, truth -> 0);
        until(
            "it is heard",
            () -> {
              rig.device().raise(USED_BUFFER);
              return rig.count(Counter.SPURIOUS_INTERRUPTS) > before;
            });
        rig.machine().beHonest(INTERRUPT_STATUS);
      }
      rig.assertAtPeace();
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H112")
  void h112_interruptsBeforeTheStartAndDuringAResetDisturbNobody(Card card) {
    HostileMachine machine = Rig.machine(card.settings());
    Runnable raise = () -> machine.model().device(0).raise(3);
    raise.run();
    machine.beforeWrite(STATUS, raise);
    try (Rig rig = Rig.on(machine, "")) {
      rig.assertAtPeace();
      machine.beforeWrite(STATUS, raise);
      rig.device().needReset();
      rig.assertReset(Kind.NEEDS_RESET, "asks to be reset");
      rig.end();
      raise.run();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H113")
  void h113_aDeviceThatNeverInterruptsIsServedAllTheSame(Card card) {
    try (Rig rig = Rig.of(card)) {
      rig.device().line().mute(true);
      rig.device().receive(bytes(1, 60));
      assertArrayEquals(bytes(1, 60), rig.client().receive());
      assertEquals(1, rig.count(Counter.LOST_WAKEUPS));
      // More than the ring holds, and none of them is told of as sent.
      for (int number = 0; number < 12; number++) {
        rig.send(number);
      }
      until("all are known to be sent", () -> rig.count(Counter.TRANSMITTED_FRAMES) == 12);
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H114")
  void h114_causesThatNobodyDefinedAreNotAcknowledged(Card card) {
    try (Rig rig = Rig.of(card)) {
      // The model objects to each acknowledgement of what it has not said.
      rig.machine().lie(INTERRUPT_STATUS, truth -> truth | 0xffff_fffc);
      rig.device().raise(USED_BUFFER);
      rig.assertAtPeace();
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H115")
  void h115_aFrameThatComesBetweenTheCauseAndItsAcknowledgementIsFound(Card card) {
    try (Rig rig = Rig.of(card)) {
      for (int number = 0; number < 20; number++) {
        byte[] second = bytes(100 + number, 60);
        // An acknowledgement of what was raised before would bring it too early.
        rig.awaitQuietLine();
        // The acknowledgement takes this one's interrupt away as well.
        rig.machine().beforeWrite(INTERRUPT_ACK, () -> rig.device().receive(second));
        rig.device().receive(bytes(number, 60));
        rig.device().raise(USED_BUFFER);
        assertArrayEquals(bytes(number, 60), rig.client().receive());
        assertArrayEquals(second, rig.client().receive());
      }
      assertEquals(0, rig.count(Counter.LOST_WAKEUPS));
      rig.assertAtPeace();
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H111")
  void h111_aLineThatStaysUpWithoutACauseIsHeardOnlyNowAndThen(Card card) {
    try (Rig rig = Rig.of(card)) {
      rig.machine().lie(INTERRUPT_STATUS, truth -> 0);
      rig.device().raise(USED_BUFFER);
      until("it storms", () -> rig.count(Counter.SPURIOUS_INTERRUPTS) >= 1000);
      for (int number = 0; number < 30; number++) {
        rig.send(number);
      }
      until("all are sent", () -> rig.count(Counter.TRANSMITTED_FRAMES) == 30);
      until("it is heard again", () -> rig.count(Counter.SPURIOUS_INTERRUPTS) > 1000);
      assertTrue(rig.count(Counter.SPURIOUS_INTERRUPTS) < 1100);
      assertFalse(rig.warnings("without a cause").isEmpty());
      assertEquals(1, rig.count(Counter.INTERRUPT_STORMS));
      assertEquals(
          List.of(new DeviceEvent.InterruptStorm(1000)),
          rig.events(DeviceEvent.InterruptStorm.class));
      rig.machine().beHonest(INTERRUPT_STATUS);
      rig.assertAtPeace();
      rig.end();
    }
  }
}
