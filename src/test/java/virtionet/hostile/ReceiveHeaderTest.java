package virtionet.hostile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.Offload;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelOffloads;
import virtionet.testing.ModelOffloads.Header;
import virtionet.testing.ModelSettings;
import virtionet.testing.TestPackets;
import virtionet.testing.TestPackets.Kind;

/** Devices whose word on a received frame is not true. */
class ReceiveHeaderTest {
  private static final int USED_BUFFER = 1;
  private static final Header PLAIN = new Header(0, 0, 0, 0, 0, 0, 0);
  private static final long GUEST_CSUM = 1L << 1;
  private static final long GUEST_TSO4 = 1L << 7;
  private static final String AS_GIVEN =
      """
      virtionet.received-frames = "as-given"
      virtionet.buffer-size = 2 KiB
      """;

  /** A card that puts frames over several buffers. */
  private static Rig merging(Card card) {
    return Rig.with(AS_GIVEN, card.settings().offering(ModelSettings.MRG_RXBUF));
  }

  @ParameterizedTest
  @EnumSource(names = {"SPLIT", "PACKED", "LEGACY"})
  @Misbehaviour("H70")
  void h70_aFrameOfNoBuffersIsDropped(Card card) {
    try (Rig rig = merging(card)) {
      for (int time = 0; time < 20; time++) {
        until(
            "there is a buffer",
            () -> rig.device().deliverRaw(new byte[12], bytes(1, 60), 12 + 60));
        rig.device().raise(USED_BUFFER);
      }
      rig.assertDropped(Counter.DROPPED_BAD_BUFFER_COUNT, 20);
      rig.end();
    }
  }

  static Stream<Arguments> impossibleNumbers() {
    return Stream.of(Card.SPLIT, Card.PACKED, Card.LEGACY)
        .flatMap(
            card -> Stream.of(9, 17, 0x8000, 0xffff).map(number -> Arguments.of(card, number)));
  }

  @ParameterizedTest
  @MethodSource("impossibleNumbers")
  @Misbehaviour("H71")
  void h71_aFrameOfMoreBuffersThanThereAreIsDroppedWithAllThatItCouldHave(Card card, int number) {
    try (Rig rig = merging(card)) {
      // Each of the others would be a frame of its own: they pass for the rest of the first.
      for (int buffer = 0; buffer < 8; buffer++) {
        byte[] header = PLAIN.withBuffers(buffer == 0 ? number : 1).bytes(12);
        assertTrue(rig.device().deliverRaw(header, bytes(buffer, 60), 12 + 60));
      }
      rig.device().raise(USED_BUFFER);
      rig.assertDropped(Counter.DROPPED_BAD_BUFFER_COUNT, 1);
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"SPLIT", "PACKED", "LEGACY_TWO_PIECES"})
  @Misbehaviour("H72")
  void h72_theNumberOfBuffersIsNotLookedAtWhereNobodyAgreedOnIt(Card card) {
    try (Rig rig = Rig.of(card)) {
      for (int number : new int[] {0, 2, 9, 0xffff}) {
        byte[] header = PLAIN.withBuffers(number).bytes(card.headerLength());
        assertTrue(rig.device().deliverRaw(header, bytes(number, 60), header.length + 60));
        rig.device().raise(USED_BUFFER);
        assertArrayEquals(bytes(number, 60), rig.client().receive());
      }
      rig.assertAtPeace();
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"SPLIT", "PACKED", "LEGACY"})
  @Misbehaviour({"H71", "H73"})
  void h73_aFrameWhoseRestDoesNotComeIsGivenUpInTime(Card card) {
    try (Rig rig = merging(card)) {
      assertTrue(rig.device().deliverMerged(PLAIN, bytes(1, 5000), Integer.MAX_VALUE, 1));
      rig.device().raise(USED_BUFFER);
      until("it is given up", () -> rig.count(Counter.DROPPED_INCOMPLETE) == 1);
      // What comes next is taken for the rest.
      assertTrue(rig.device().receive(bytes(2, 60)));
      rig.assertDropped(Counter.DROPPED_INCOMPLETE, 1);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"SPLIT", "PACKED", "LEGACY"})
  @Misbehaviour("H47")
  void h47_alsoAPartOfAFrameIsNoLongerThanItsBuffer(Card card) {
    try (Rig rig = merging(card)) {
      byte[] header = PLAIN.withBuffers(2).bytes(12);
      assertTrue(rig.device().deliverRaw(header, bytes(1, 1000), 12 + 1000));
      assertTrue(rig.device().deliverRaw(new byte[0], bytes(2, 60), 0xffff_ffffL));
      rig.device().raise(USED_BUFFER);
      rig.assertDropped(Counter.DROPPED_OVERLONG, 1);
      rig.end();
    }
  }

  static Stream<Arguments> lies() {
    Header tcp = Header.checksum(34, 16);
    return Stream.of(Card.SPLIT, Card.PACKED, Card.LEGACY)
        .flatMap(
            card ->
                Stream.of(
                        tcp.segmented(2, 1000),
                        tcp.segmented(ModelOffloads.UDP, 1000),
                        tcp.segmented(ModelOffloads.TCPV6, 1000),
                        tcp.segmented(ModelOffloads.TCPV4, 0),
                        tcp.segmented(ModelOffloads.TCPV4 | ModelOffloads.ECN, 1000),
                        tcp.segmented(0x7f, 1000),
                        tcp.segmented(ModelOffloads.TCPV4, 1000).withFlags(0),
                        Header.checksum(0, 16),
                        Header.checksum(13, 16),
                        Header.checksum(34, 1254 - 34 - 1),
                        Header.checksum(1253, 0),
                        Header.checksum(0xffff, 0xffff),
                        Header.checksum(0xffff, 1),
                        Header.checksum(1, 0xffff))
                    .map(lie -> Arguments.of(card, lie)));
  }

  @ParameterizedTest
  @MethodSource("lies")
  @Misbehaviour({"H75", "H76", "H77"})
  void h76_aHeaderThatCannotBeTrueIsDropped(Card card, Header lie) {
    ModelSettings device = card.settings().offering(GUEST_CSUM | GUEST_TSO4);
    try (Rig rig = Rig.with("virtionet.received-frames = \"as-given\"\n", device)) {
      byte[] packet = TestPackets.packet(Kind.tcpV4(), 1200, 1, TestPackets.ACK);
      assertTrue(rig.device().receive(lie, packet));
      rig.assertDropped(Counter.DROPPED_BAD_HEADER, 1);
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour({"H75", "H77", "H78"})
  void h78_whatIsSaidOfChecksumsIsIgnoredWhereNobodyAgreedOnThem(Card card) {
    try (Rig rig = Rig.of(card)) {
      byte[] packet = TestPackets.packet(Kind.tcpV4(), 200, 1, TestPackets.ACK);
      for (int flags : new int[] {1, 2, 3, 4, 0xff}) {
        Header lie = new Header(flags, 0, 0xffff, 0xffff, 0xffff, 0xffff, 1);
        assertTrue(rig.device().receive(lie, packet));
        Frame frame = rig.client().out().requestNext();
        assertArrayEquals(packet, frame.toByteArray());
        assertEquals(Offload.NONE, frame.offload());
        frame.release();
      }
      rig.assertAtPeace();
      rig.end();
    }
  }

  @Test
  @Misbehaviour("H79")
  void h79_aWrongChecksumThatTheDeviceVouchesForIsPassedOnAsTheDevicesWord() {
    try (Rig rig = Rig.of(Card.SPLIT.settings().offering(GUEST_CSUM))) {
      byte[] packet = TestPackets.packet(Kind.tcpV4(), 200, 1, TestPackets.ACK);
      packet[100] ^= 0x55;
      assertTrue(rig.device().receive(PLAIN.withFlags(ModelOffloads.DATA_VALID), packet));
      Frame vouched = rig.client().out().requestNext();
      assertArrayEquals(packet, vouched.toByteArray());
      assertEquals(Offload.VERIFIED, vouched.offload());
      vouched.release();
      // Where the device does not vouch for it, nobody does.
      assertTrue(rig.device().receive(PLAIN, packet));
      Frame other = rig.client().out().requestNext();
      assertEquals(Offload.NONE, other.offload());
      other.release();
      rig.end();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 0x7fff, 0xffff})
  @Misbehaviour("H80")
  void h80_theLengthOfTheHeadersIsMeasuredAndNotBelieved(int claimed) {
    ModelSettings device = Card.SPLIT.settings().offering(GUEST_CSUM | GUEST_TSO4);
    try (Rig rig = Rig.with("virtionet.received-frames = \"as-given\"\n", device)) {
      byte[] packet = TestPackets.partial(TestPackets.packet(Kind.tcpV4(), 3000, 1, 0));
      Header said =
          Header.checksum(34, 16).segmented(ModelOffloads.TCPV4, 1000).withHdrLen(claimed);
      assertTrue(rig.device().receive(said, packet));
      Frame frame = rig.client().out().requestNext();
      assertEquals(Kind.tcpV4().headerLength(), frame.offload().headerLength());
      frame.release();
      rig.assertAtPeace();
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H81")
  void h81_aFrameBeyondTheMtuThatWasAgreedOnIsDropped(Card card) {
    try (Rig rig = Rig.of(card.settings().withMtu(1000))) {
      assertTrue(rig.device().receive(bytes(1, 1000 + 14 + 4 + 1)));
      rig.assertDropped(Counter.DROPPED_OVERLONG, 1);
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H84")
  void h84_bytesOfEarlierFramesBehindAFrameAreNotShown(Card card) {
    try (Rig rig = Rig.of(card)) {
      byte[] secret = new byte[1500];
      Arrays.fill(secret, (byte) 0x5e);
      for (int number = 0; number < 3 * card.posted(); number++) {
        until("there is a buffer", () -> rig.device().receive(secret));
        rig.client().receive();
      }
      for (int number = 0; number < 3 * card.posted(); number++) {
        byte[] frame = bytes(number, 14 + number);
        until("there is a buffer", () -> rig.device().receive(frame));
        Frame received = rig.client().out().requestNext();
        assertArrayEquals(frame, received.toByteArray());
        assertFalse(received.length() > frame.length);
        received.release();
      }
      rig.end();
    }
  }
}
