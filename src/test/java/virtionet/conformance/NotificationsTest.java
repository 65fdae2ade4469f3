package virtionet.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.net.Frame;
import virtionet.testing.ModelSettings;
import virtionet.testing.Requirement;

/** When the driver rings the doorbell of a split virtqueue: VirtIO 1.3 §2.7.10. */
class NotificationsTest {
  private static final int TRANSMIT = 1;
  private static final ModelSettings WITH_EVENT_IDX = ModelSettings.modern();
  private static final ModelSettings WITHOUT =
      ModelSettings.modern().without(ModelSettings.EVENT_IDX);

  /** Publishes frames at once, and tells how many doorbells rang for them. */
  private static int doorbells(Card card, int frames) {
    int before = card.model().notifications();
    for (int i = 0; i < frames; i++) {
      card.device().transmitQueue().send(Frame.copyOf(Card.frame(i, 60)));
    }
    card.device().transmitQueue().flush();
    return card.model().notifications() - before;
  }

  private static void takeAll(Card card) {
    card.model().transmitNow();
    card.model().takeTransmitted();
    card.device().transmitQueue().reap();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 0x7fff, 0xffff})
  @Requirement({"SPLIT-DRV-20", "SPLIT-DRV-21", "SPLIT-DRV-22"})
  void withoutEventIdxOnlyTheFlagSaysWhetherTheDoorbellIsRung(int garbage) {
    try (Card card = Card.up(WITHOUT)) {
      card.model().stall();
      for (int batch = 1; batch <= 4; batch++) {
        card.ring(TRANSMIT).hints(0, garbage);
        assertEquals(1, doorbells(card, batch), "wanted");
        card.ring(TRANSMIT).hints(1, garbage);
        assertEquals(0, doorbells(card, batch), "not wanted");
        takeAll(card);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"2, 1", "0xfffe, 1", "3, 0", "0xffff, 0"})
  @Requirement("SPLIT-IMP-07")
  void ofTheFlagsOnlyTheFirstBitCounts(String flags, int expected) {
    try (Card card = Card.up(WITHOUT)) {
      card.model().stall();
      card.ring(TRANSMIT).hints(Integer.decode(flags), 0);
      assertEquals(expected, doorbells(card, 1));
      takeAll(card);
    }
  }

  /** From index 0 on, and where the index wraps. */
  @ParameterizedTest
  @ValueSource(ints = {0, 5, 65_530, 65_533})
  @Requirement({"SPLIT-DRV-23", "SPLIT-DRV-24", "SPLIT-DRV-25"})
  void withEventIdxTheDoorbellIsRungWhenTheWantedEntryIsAmongThoseJustPublished(int start) {
    try (Card card = Card.up(WITH_EVENT_IDX)) {
      for (int i = 0; i < start; i++) {
        doorbells(card, 1);
        card.model().takeTransmitted();
        card.device().transmitQueue().reap();
      }
      card.model().stall();
      int index = start;
      for (int batch = 1; batch <= Card.QUEUE_SIZE; batch++) {
        for (int wanted = -2; wanted <= batch + 1; wanted++) {
          // The flag, which says the contrary, is to be ignored.
          boolean among = wanted >= 0 && wanted < batch;
          card.ring(TRANSMIT).hints(among ? 1 : 0, index + wanted);
          assertEquals(
              among ? 1 : 0,
              doorbells(card, batch),
              "index %d, batch %d, wanted %d".formatted(index, batch, wanted));
          index = (index + batch) & 0xffff;
          takeAll(card);
        }
      }
    }
  }

  @Test
  @Requirement("SPLIT-DRV-22")
  void noDoorbellRingsForNothing() {
    try (Card card = Card.up(WITHOUT)) {
      assertEquals(0, doorbells(card, 0));
      assertEquals(1, doorbells(card, 1));
      assertEquals(0, doorbells(card, 0));
      card.device().transmitQueue().reap();
    }
  }
}
