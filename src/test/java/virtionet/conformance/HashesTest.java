package virtionet.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.net.Frame;
import virtionet.net.FrameHash;
import virtionet.net.HashType;
import virtionet.net.NetFeature;
import virtionet.net.NetSettings;
import virtionet.net.ReceiveHashes;
import virtionet.testing.DeviceSideRing;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelHashes;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.Requirement;

/** Hashes that the device reports with received frames, and the header that they lie in: §5.1.6. */
class HashesTest {
  private static final int RECEIVE = 0;
  private static final int TRANSMIT = 1;
  private static final int HEADER = ModelHashes.HEADER_LENGTH;
  private static final ModelSettings DEVICE =
      ModelSettings.modern().offering(ModelSettings.CONTROL | ModelHashes.HASH_REPORT);

  static Stream<ModelSettings> devices() {
    return Stream.of(
        DEVICE,
        DEVICE.offering(ModelSettings.MRG_RXBUF),
        DEVICE.offering(ModelSettings.ALL_RING_FEATURES));
  }

  private static NetSettings settings(boolean report) {
    return new NetSettings(Card.QUEUE_SIZE, Card.QUEUE_SIZE, 1526, Duration.ofMillis(50), Set.of())
        .withReceiveHashes(new ReceiveHashes(false, report));
  }

  private static Card up(ModelSettings device) {
    return Card.up(device, settings(true));
  }

  private static Optional<FrameHash> received(Card card, int value, int report) {
    byte[] frame = Card.frame(report, 60);
    assertTrue(
        card.model().deliverRaw(ModelHashes.header(value, report), frame, HEADER + frame.length));
    Frame[] taken = new Frame[1];
    card.device().receiveQueue().receive(given -> taken[0] = given, Card.QUEUE_SIZE);
    assertArrayEquals(frame, taken[0].toByteArray());
    Optional<FrameHash> hash = taken[0].hash();
    assertEquals(hash, taken[0].copy().hash(), "of a copy");
    taken[0].release();
    return hash;
  }

  @ParameterizedTest
  @MethodSource("devices")
  @Requirement("NETRX-IMP-04")
  void aFrameComesWithTheHashThatTheDeviceReports(ModelSettings settings) {
    try (Card card = up(settings)) {
      int report = 1;
      for (HashType type : HashType.values()) {
        int value = 0x8000_0000 | report;
        assertEquals(
            Optional.of(new FrameHash(value, type)), received(card, value, report++), type::name);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 10, 77, 0x8000, 0xffff})
  @Requirement("NETRX-IMP-04")
  @Misbehaviour("H82")
  void anUnknownReportIsAsGoodAsNone(int report) {
    try (Card card = up(DEVICE)) {
      assertEquals(Optional.empty(), received(card, 0x1234_5678, report));
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  @Requirement({"NETRX-IMP-04", "NETRX-V14-03", "NETTX-DRV-01"})
  void aFrameIsSentBehindAHeaderOfTwentyZeros(ModelSettings settings) {
    try (Card card = up(settings)) {
      card.model().stall();
      // Its buffer held a hash before: what was received is sent on from where it lies.
      byte[] frame = Card.frame(1, 60);
      card.model().deliverRaw(ModelHashes.header(-1, 5), frame, HEADER + frame.length);
      card.device().receiveQueue().receive(card.device().transmitQueue()::send, 1);
      card.device().transmitQueue().flush();
      DeviceSideRing ring = card.model().ring(TRANSMIT);
      DeviceSideRing.Chain chain = ring.take().orElseThrow();
      byte[] expected = new byte[HEADER + frame.length];
      System.arraycopy(frame, 0, expected, HEADER, frame.length);
      assertArrayEquals(expected, chain.readable());
      ring.use(chain.head(), 0);
      assertEquals(1, card.device().transmitQueue().reap());
    }
  }

  @Test
  @Requirement({"NETRX-V14-02", "NETRX-V14-03"})
  void aReceiveBufferHoldsTheLargestFrameAndTheLongerHeader() {
    try (Card card = up(DEVICE)) {
      DeviceSideRing.Chain chain = card.model().ring(RECEIVE).take().orElseThrow();
      assertTrue(chain.writable() >= 1534, () -> chain.writable() + " bytes");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 128, 511, takes hash keys of at most 0 bytes",
    "39, 128, 511, takes hash keys of at most 39 bytes",
    "40, 0, 0, supports no type of hash",
    "40, 128, 0xfffffe00, supports no type of hash"
  })
  @Misbehaviour("H99")
  void aDeviceThatCannotHashIsNotAskedTo(int keySize, int table, String types, String why) {
    ModelMachine machine = ModelMachine.of(DEVICE);
    machine.device(0).hashes().limits(keySize, table, Long.decode(types).intValue());
    try (Card card = Card.up(machine, registers -> registers, settings(true))) {
      String reason = card.device().features().whyNot(NetFeature.HASH_REPORT).orElseThrow();
      assertTrue(reason.contains(why), reason);
      card.traffic(1);
    }
  }

  @Test
  @Requirement("NETCFG-DRV-14")
  void withoutTheControlQueueThereIsNoHashReport() {
    try (Card card = up(DEVICE.without(ModelSettings.CTRL_VQ))) {
      assertEquals(
          "needs CTRL_VQ, which was not accepted",
          card.device().features().whyNot(NetFeature.HASH_REPORT).orElseThrow());
      card.traffic(1);
    }
  }

  @Test
  void unaskedNoHashIsReported() {
    try (Card card = Card.up(DEVICE, settings(false))) {
      assertEquals(
          "not asked for (report-hashes = on)",
          card.device().features().whyNot(NetFeature.HASH_REPORT).orElseThrow());
      card.traffic(1);
    }
  }
}
