package virtionet.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.TransmitQueue.Outcome;
import virtionet.testing.DeviceSideRing;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelSettings;
import virtionet.testing.Requirement;
import virtionet.virtio.Health;

/** The header before each frame, and the sizes of buffers: VirtIO 1.3 §5.1.6. */
class FramesTest {
  private static final int RECEIVE = 0;
  private static final int TRANSMIT = 1;

  private static int header(ModelSettings settings) {
    return settings.isLegacy() ? 10 : 12;
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#all")
  @Requirement({
    "NETTX-DRV-01",
    "NETTX-DRV-02",
    "NETTX-DRV-18",
    "NETTX-DRV-24",
    "NETTX-DRV-25",
    "NETTX-IMP-01",
    "NETTX-V14-01",
    "NETRX-V14-03",
    "NETHDR-LEG-02"
  })
  void aFrameIsSentBehindAHeaderOfZerosOfTheRightLength(ModelSettings settings) {
    try (Card card = Card.up(settings)) {
      card.model().stall();
      byte[] frame = new byte[60];
      Arrays.fill(frame, (byte) 0xff);
      for (int round = 0; round < 3 * Card.QUEUE_SIZE; round++) {
        // Each buffer once more, after it held other bytes.
        card.send(frame);
        DeviceSideRing ring = card.model().ring(TRANSMIT);
        DeviceSideRing.Chain chain = ring.take().orElseThrow();
        byte[] expected = new byte[header(settings) + frame.length];
        System.arraycopy(frame, 0, expected, header(settings), frame.length);
        assertArrayEquals(expected, chain.readable());
        ring.use(chain.head(), 0);
        assertEquals(1, card.device().transmitQueue().reap());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#all")
  @Requirement({"NETTX-DRV-03", "NETTX-IMP-02"})
  void aFrameIsSentAsItWasGivenAndItsBufferTakenBackWithoutAnInterrupt(ModelSettings settings) {
    try (Card card = Card.up(settings)) {
      card.transmit(Card.frame(1, 60));
      // With EVENT_IDX a fresh ring asks for one with its first entry.
      card.device().takeInterrupts();
      for (int length = 14; length <= 1514; length += 50) {
        byte[] frame = Card.frame(length, length);
        assertArrayEquals(frame, card.transmit(frame));
      }
      assertEquals(0, card.device().takeInterrupts());
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#all")
  @Requirement({"NETRX-DRV-02", "NETRX-V14-02", "NETRX-DRV-03"})
  void aReceiveBufferHoldsTheLargestFrameAndItsHeader(ModelSettings settings) {
    assertBuffersOfAtLeast(settings, 1526);
    assertBuffersOfAtLeast(settings.offering(ModelSettings.MRG_RXBUF), 1526);
  }

  private static void assertBuffersOfAtLeast(ModelSettings settings, long bytes) {
    try (Card card = Card.up(settings)) {
      RingMemory ring = card.ring(RECEIVE);
      for (int index = 0; index < ring.availableIndex(); index++) {
        long length =
            ring.chain(ring.head(index)).stream().mapToLong(RingMemory.Descriptor::length).sum();
        assertTrue(length >= bytes, () -> length + " bytes, not " + bytes);
      }
      assertTrue(ring.availableIndex() > 0);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {68, 1500, 2048, 9000, 65_535})
  @Requirement("NETCFG-DRV-08")
  void aReceiveBufferHoldsAFrameOfTheNegotiatedMtu(int mtu) {
    int tag = 4;
    assertBuffersOfAtLeast(ModelSettings.modern().withMtu(mtu), 12 + 14 + tag + mtu);
    assertBuffersOfAtLeast(ModelSettings.legacy().withMtu(mtu), 10 + 14 + tag + mtu);
  }

  @ParameterizedTest
  @ValueSource(ints = {68, 1000, 1500, 9000})
  @Requirement("NETCFG-DRV-09")
  void aFrameBeyondTheMtuNeverReachesTheDevice(int mtu) {
    try (Card card = Card.up(ModelSettings.modern().withMtu(mtu))) {
      assertEquals(mtu + 14, card.transmit(Card.frame(1, mtu + 14)).length);
      for (int more : new int[] {1, 4, 100}) {
        Frame frame = Frame.copyOf(Card.frame(2, mtu + 14 + more));
        assertEquals(Outcome.TOO_LONG, card.device().transmitQueue().send(frame));
      }
      card.device().transmitQueue().flush();
      assertEquals(List.of(), card.model().takeTransmitted());
      assertEquals(1, card.ring(TRANSMIT).availableIndex());
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#all")
  @Requirement({"NETRX-DRV-05", "NETRX-IMP-02"})
  @Misbehaviour({"H75", "H78"})
  void flagsAndFieldsOfAReceivedHeaderThatNobodyNegotiatedAreIgnored(ModelSettings settings) {
    try (Card card = Card.up(settings)) {
      for (int flags : new int[] {0xf8, 0x08, 0x80}) {
        byte[] header = new byte[header(settings)];
        Arrays.fill(header, 2, header.length, (byte) 0xa5);
        header[0] = (byte) flags;
        byte[] frame = Card.frame(flags, 60);
        assertTrue(card.model().deliverRaw(header, frame, header.length + frame.length));
        assertArrayEquals(frame, card.receive().getFirst());
      }
    }
  }

  @Test
  @Requirement("STS-DRV-04")
  void framesInFlightAreNeitherAwaitedNorCountedAsSentOnceAResetIsNeeded() {
    Card card = Card.up(ModelSettings.modern());
    card.model().stall();
    card.send(Card.frame(1, 60));
    card.model().needReset();
    assertEquals(Health.NEEDS_RESET, card.device().health());
    card.close();
    assertEquals(0, card.device().transmitQueue().inFlight());
    assertEquals(1, card.device().counters().get(Counter.TRANSMIT_ABORTED), "given up");
  }
}
