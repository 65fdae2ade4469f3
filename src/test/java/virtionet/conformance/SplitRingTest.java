package virtionet.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.conformance.RingMemory.Descriptor;
import virtionet.net.Frame;
import virtionet.testing.DeviceSideRing;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.Requirement;
import virtionet.virtio.RingViolation;

/** What the driver writes into a split virtqueue: VirtIO 1.3 §2.7. */
class SplitRingTest {
  private static final int RECEIVE = 0;
  private static final int TRANSMIT = 1;

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#all")
  @Requirement("SPLIT-DRV-01")
  void eachPartLiesWhereItsAlignmentAsks(ModelSettings settings) {
    try (Card card = Card.up(settings)) {
      for (int queue = 0; queue < 2; queue++) {
        RingMemory ring = card.ring(queue);
        assertEquals(0, ring.table() % 16);
        assertEquals(0, ring.available() % 2);
        assertEquals(0, ring.used() % 4);
        assertTrue(ring.available() >= ring.table() + 16L * ring.size());
        assertTrue(ring.used() >= ring.available() + 6 + 2L * ring.size());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement({"SPLIT-DRV-19", "MMIO-IMP-01"})
  void aRingIsEmptyWhenTheDeviceGetsItWhateverLayThereBefore(ModelSettings settings) {
    ModelMachine machine = ModelMachine.of(settings);
    machine.view().block().fill((byte) 0xff);
    List<String> atStart = new ArrayList<>();
    int start = settings.isLegacy() ? 0x040 : 0x044;
    RegisterLog[] log = new RegisterLog[1];
    try (Card card =
        Card.up(
            machine,
            device -> {
              log[0] =
                  new RegisterLog(device) {
                    @Override
                    public void write32(long offset, int value) {
                      super.write32(offset, value);
                      if (offset == start) {
                        RingMemory ring = RingMemory.of(this, atStart.size(), machine.view());
                        int flags = ring.usedFlags();
                        int index = ring.availableIndex();
                        atStart.add("used.flags %d, avail.idx %d".formatted(flags, index));
                      }
                    }
                  };
              return log[0];
            })) {
      card.traffic(1);
    }
    assertEquals(List.of("used.flags 0, avail.idx 0", "used.flags 0, avail.idx 0"), atStart);
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#all")
  @Requirement({
    "SPLIT-DRV-02",
    "SPLIT-DRV-03",
    "SPLIT-DRV-04",
    "SPLIT-DRV-06",
    "SPLIT-DRV-07",
    "SPLIT-DRV-08",
    "SPLIT-DRV-09",
    "SPLIT-IMP-08",
    "SPLIT-IMP-09"
  })
  void eachChainEndsAndIsOfOneDirectionAndOfTheDescriptorsThatAreFree(ModelSettings settings) {
    boolean apart = settings.isLegacy() && (settings.features() & ModelSettings.ANY_LAYOUT) == 0;
    try (Card card = Card.up(settings)) {
      card.model().stall();
      int frames = card.device().transmitQueue().capacity();
      for (int number = 0; number < frames; number++) {
        card.send(Card.frame(number, 60 + number));
      }
      for (int queue : new int[] {RECEIVE, TRANSMIT}) {
        RingMemory ring = card.ring(queue);
        List<Descriptor> all = new ArrayList<>();
        for (int index = 0; index < ring.availableIndex(); index++) {
          List<Descriptor> chain = ring.chain(ring.head(index));
          assertEquals(apart ? 2 : 1, chain.size());
          all.addAll(chain);
        }
        assertEquals(ring.size(), all.size(), "each descriptor in one chain");
        for (Descriptor piece : all) {
          assertEquals(queue == RECEIVE, piece.has(RingMemory.WRITE), piece::toString);
          assertFalse(piece.has(RingMemory.INDIRECT), piece::toString);
          assertTrue(piece.length() > 0 && piece.length() < 1 << 20, piece::toString);
        }
      }
      card.model().transmitNow();
      assertEquals(frames, card.device().transmitQueue().reap());
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#all")
  @Requirement({"SPLIT-DRV-11", "SPLIT-PRO-02"})
  void theAvailableIndexCountsBuffersAndNeverGoesBack(ModelSettings settings) {
    try (Card card = Card.up(settings)) {
      RingMemory ring = card.ring(TRANSMIT);
      for (int number = 0; number < 66_000; number++) {
        card.send(Card.frame(0, 60));
        assertEquals((number + 1) & 0xffff, ring.availableIndex());
        assertEquals(1, card.device().transmitQueue().reap());
        card.model().takeTransmitted();
      }
    }
  }

  @Test
  @Requirement("SPLIT-PRO-01")
  void aBatchIsExposedByASingleStepOfTheIndex() {
    try (Card card = Card.up(ModelSettings.modern())) {
      RingMemory ring = card.ring(TRANSMIT);
      for (int number = 0; number < 5; number++) {
        card.device().transmitQueue().send(Frame.copyOf(Card.frame(number, 60)));
        assertEquals(0, ring.availableIndex());
      }
      card.device().transmitQueue().flush();
      assertEquals(5, ring.availableIndex());
      assertEquals(5, card.model().takeTransmitted().size());
      card.device().transmitQueue().reap();
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#all")
  @Requirement({"SPLIT-DRV-12", "SPLIT-DRV-13", "SPLIT-DRV-14", "SPLIT-PRO-03"})
  void theAvailableFlagsAskForNoInterruptsOnlyWithoutEventIdx(ModelSettings settings) {
    boolean eventIndex = (settings.features() & ModelSettings.EVENT_IDX) != 0;
    try (Card card = Card.up(settings)) {
      RingMemory ring = card.ring(RECEIVE);
      for (int number = 0; number < 3; number++) {
        card.device().receiveQueue().disableInterrupts();
        assertEquals(eventIndex ? 0 : 1, ring.availableFlags());
        card.device().receiveQueue().enableInterrupts();
        assertEquals(0, ring.availableFlags());
        card.traffic(number);
      }
      assertEquals(eventIndex ? 0 : 1, card.ring(TRANSMIT).availableFlags());
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#all")
  @Requirement("CLEAN-DRV-01")
  void whatTheDeviceHoldsIsNotTouchedWhileOthersComeAndGo(ModelSettings settings) {
    try (Card card = Card.up(settings)) {
      card.model().stall();
      byte[] held = Card.frame(1, 300);
      card.send(held);
      DeviceSideRing.Chain kept = card.model().ring(TRANSMIT).take().orElseThrow();
      RingMemory ring = card.ring(TRANSMIT);
      List<Descriptor> before = ring.chain(kept.head());
      byte[] bytes = kept.readable();
      for (int number = 2; number < 100; number++) {
        card.send(Card.frame(number, 60));
        card.model().transmitNow();
        assertEquals(1, card.device().transmitQueue().reap());
        assertEquals(before, ring.chain(kept.head()));
        assertArrayEquals(bytes, kept.readable());
      }
      card.model().ring(TRANSMIT).use(kept.head(), 0);
      assertEquals(1, card.device().transmitQueue().reap());
    }
  }

  static Stream<Integer> wildIds() {
    return Stream.of(Card.QUEUE_SIZE, 0xffff, 0x10000, 0x10001, -1, Integer.MIN_VALUE);
  }

  @ParameterizedTest
  @MethodSource("wildIds")
  @Requirement("SPLIT-IMP-05")
  void aUsedIdOutsideOfTheTableIsNotActedOn(int id) {
    assertBroken(card -> card.model().ring(TRANSMIT).rawUse(id, 0));
  }

  @Test
  @Requirement("SPLIT-IMP-05")
  void aUsedIdThatIsNotOutstandingIsNotActedOn() {
    assertBroken(
        card -> {
          int head = card.model().ring(TRANSMIT).take().orElseThrow().head();
          card.model().ring(TRANSMIT).rawUse((head + 3) % Card.QUEUE_SIZE, 0);
        });
  }

  private static void assertBroken(Consumer<Card> harm) {
    Card card = Card.up(ModelSettings.modern());
    card.model().stall();
    card.send(Card.frame(1, 60));
    harm.accept(card);
    assertThrows(RingViolation.class, card.device().transmitQueue()::reap);
    assertEquals(1, card.device().transmitQueue().inFlight());
    card.close();
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#all")
  @Requirement({"SPLIT-DRV-17", "SPLIT-DRV-18"})
  void aFrameIsExactlyWhatTheDeviceSaysItWrote(ModelSettings settings) {
    int header = settings.isLegacy() ? 10 : 12;
    try (Card card = Card.up(settings)) {
      byte[] poison = Card.frame(7, 1500);
      for (int length : new int[] {14, 60, 61, 1499, 1500}) {
        assertTrue(card.model().deliverRaw(new byte[header], poison, header + length));
        byte[] got = card.receive().getFirst();
        assertEquals(length, got.length);
        IntStream.range(0, length).forEach(i -> assertEquals(poison[i], got[i]));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement({"SPLIT-DRV-17", "SPLIT-IMP-05"})
  void aUsedLengthBeyondTheBufferGivesNoFrame(ModelSettings settings) {
    try (Card card = Card.up(settings)) {
      for (long claimed : new long[] {2049, 65_536, Integer.MAX_VALUE, 0xffff_ffffL}) {
        assertTrue(card.model().deliverRaw(new byte[12], new byte[60], claimed));
        assertEquals(List.of(), card.receive());
      }
      card.traffic(1);
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement({"SPLIT-IMP-04", "NETHDR-LEG-03"})
  void theUsedLengthOfATransmittedFrameDoesNotMatter(ModelSettings settings) {
    try (Card card = Card.up(settings)) {
      card.model().stall();
      for (long claimed : new long[] {0, 1, 0xffff_ffffL}) {
        card.send(Card.frame(1, 60));
        DeviceSideRing ring = card.model().ring(TRANSMIT);
        ring.use(ring.take().orElseThrow().head(), claimed);
        assertEquals(1, card.device().transmitQueue().reap());
      }
    }
  }
}
