package virtionet.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.until;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.driver.DeviceEvent;
import virtionet.driver.Fault.Kind;
import virtionet.net.Counter;
import virtionet.testing.Misbehaviour;
import virtionet.testing.PackedDeviceRing;
import virtionet.testing.SplitDeviceRing;

/** Devices that do not go on. */
class StalledQueuesTest {
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
    try (Rig rig = Rig.with("virtionet.quiet-after = 100 ms", card.settings())) {
      for (int number = 1; number <= 50; number++) {
        int sent = number;
        rig.send(number);
        until("it is sent", () -> rig.count(Counter.TRANSMITTED_FRAMES) == sent);
      }
      int looks = rig.device().interruptStatusReads();
      until("the watchdog has looked", () -> rig.device().interruptStatusReads() > looks + 1);
      assertEquals(0, rig.count(Counter.LOST_WAKEUPS));
      rig.send(51);
      until("it is told", () -> !rig.events(DeviceEvent.NothingReceived.class).isEmpty());
      assertTrue(rig.events(DeviceEvent.NothingReceived.class).getFirst().transmitted() > 0);
      assertEquals(1, rig.count(Counter.QUIET_SPELLS));
      assertEquals(1, rig.notices("nothing was received for").size());
      until("the last is sent", () -> rig.count(Counter.TRANSMITTED_FRAMES) == 51);
      rig.assertAtPeace();
      rig.end();
    }
  }
}
