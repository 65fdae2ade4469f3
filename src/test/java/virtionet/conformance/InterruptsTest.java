package virtionet.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.machine.ForwardingRegisters;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelSettings;
import virtionet.testing.Requirement;
import virtionet.virtio.Health;

/** What is done with interrupts: VirtIO 1.3 §4.2.3.4, §2.7.7. */
class InterruptsTest {
  private static final int INTERRUPT_STATUS = 0x060;
  private static final int INTERRUPT_ACK = 0x064;

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement({"MMIO-DRV-19", "MMIO-DRV-30", "MMIO-DRV-32"})
  void theCauseIsReadAndExactlyThatIsAcknowledged(ModelSettings settings) {
    try (Card card = Card.up(settings)) {
      assertTrue(card.model().receive(Card.frame(1, 60)));
      assertEquals(1, card.device().takeInterrupts());
      card.model().setLink(false);
      assertEquals(2, card.device().takeInterrupts());
      assertEquals(1, card.receive().size());
      card.device().receiveQueue().enableInterrupts();
      card.model().setLink(true);
      assertTrue(card.model().receive(Card.frame(2, 60)));
      assertEquals(3, card.device().takeInterrupts());
      assertEquals(1, card.receive().size());
      assertEquals(List.of(1, 2, 3), card.log().written(INTERRUPT_ACK));
      assertEquals(0, card.device().takeInterrupts(), "the line is down");
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement({"MMIO-DRV-18", "MMIO-DRV-20"})
  @Misbehaviour("H114")
  void undefinedCausesAreNeitherActedOnNorAcknowledged(ModelSettings settings) {
    int[] causes = {0xffff_fffc, 0x8000_0001};
    int[] reading = {0};
    try (Card card =
        Card.up(
            settings,
            device ->
                new ForwardingRegisters(device) {
                  @Override
                  public int read32(long offset) {
                    int value = super.read32(offset);
                    boolean strange = offset == INTERRUPT_STATUS && reading[0] < causes.length;
                    return strange ? value | causes[reading[0]++] : value;
                  }
                })) {
      assertEquals(0, card.device().takeInterrupts());
      assertEquals(List.of(), card.log().written(INTERRUPT_ACK));
      card.model().receive(Card.frame(1, 60));
      assertEquals(1, card.device().takeInterrupts());
      assertEquals(List.of(1), card.log().written(INTERRUPT_ACK));
      assertEquals(1, card.receive().size());
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement("SPLIT-DRV-16")
  @Misbehaviour("H110")
  void aSpuriousInterruptChangesNothing(ModelSettings settings) {
    try (Card card = Card.up(settings)) {
      for (int cause : new int[] {0, 1, 0, 1}) {
        card.model().raise(cause);
        assertEquals(cause, card.device().takeInterrupts());
        assertEquals(List.of(), card.receive());
        assertEquals(0, card.device().transmitQueue().reap());
      }
      assertEquals(Health.FINE, card.device().health());
      card.traffic(1);
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement("MMIO-DRV-31")
  void oneUsedBufferInterruptStandsForBothQueues(ModelSettings settings) {
    try (Card card = Card.up(settings)) {
      card.model().stall();
      card.send(Card.frame(1, 60));
      card.device().transmitQueue().enableInterrupts();
      card.model().transmitNow();
      card.model().receive(Card.frame(2, 60));
      assertEquals(1, card.device().takeInterrupts());
      assertEquals(1, card.device().transmitQueue().reap());
      assertEquals(1, card.receive().size());
      assertEquals(0, card.device().takeInterrupts());
    }
  }
}
