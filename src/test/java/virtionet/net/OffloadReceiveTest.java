package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.testing.DeviceSideRing;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelOffloads;
import virtionet.testing.ModelOffloads.Header;
import virtionet.testing.ModelSettings;
import virtionet.testing.Requirement;
import virtionet.testing.TestPackets;
import virtionet.testing.TestPackets.Kind;

/** What becomes of what a device says of received frames (VirtIO 1.3 §5.1.6.4). */
class OffloadReceiveTest {
  private static final long RECEIVE_LARGE =
      OffloadFrames.mask(
          NetFeature.GUEST_TSO4,
          NetFeature.GUEST_TSO6,
          NetFeature.GUEST_ECN,
          NetFeature.GUEST_USO4,
          NetFeature.GUEST_USO6);
  private static final long MODERN = ModelSettings.modern().features();

  static Stream<Kind> kinds() {
    return OffloadsTest.kinds();
  }

  private static TestDevice up(ModelSettings device, ReceivedFrames shape) {
    return TestDevice.up(device, TestDevice.netSettings(16).with(shape));
  }

  private static TestDevice asGiven() {
    return up(OffloadFrames.device(), ReceivedFrames.AS_GIVEN);
  }

  /** The next frame; fails unless there is exactly one. */
  private static Frame one(TestDevice up) {
    List<Frame> frames = new ArrayList<>();
    up.device().receiveQueue().receive(frames::add, 1000);
    assertEquals(1, frames.size());
    return frames.getFirst();
  }

  @Test
  @Requirement("NETTX-DRV-23")
  void allIsAcceptedThatTheDriverCanDealWithAlone() {
    try (TestDevice up = up(OffloadFrames.device(), ReceivedFrames.COMPLETE)) {
      assertEquals(MODERN | (OffloadFrames.ALL & ~RECEIVE_LARGE), up.model().driverFeatures());
    }
  }

  @Test
  void largeFramesAreAcceptedWhereFramesAreWantedAsGiven() {
    try (TestDevice up = asGiven()) {
      assertEquals(MODERN | OffloadFrames.ALL, up.model().driverFeatures());
    }
  }

  @Test
  @Requirement({"NETFEAT-IMP-01", "NETFEAT-IMP-02"})
  void withoutTheChecksumsNothingIsAcceptedThatNeedsThem() {
    long others = OffloadFrames.mask(NetFeature.GUEST_HDRLEN, NetFeature.MRG_RXBUF);
    NetSettings settings =
        new NetSettings(8, 8, 2048, Duration.ofMillis(50), Set.of("CSUM", "GUEST_CSUM"))
            .with(ReceivedFrames.AS_GIVEN);
    try (TestDevice up = TestDevice.up(OffloadFrames.device(), settings)) {
      assertEquals(MODERN | others, up.model().driverFeatures());
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  @Requirement("NETRX-IMP-03")
  void aPartialChecksumIsCompleteWhenTheFrameIsGivenOut(Kind kind) {
    ModelSettings jumbo = OffloadFrames.device().withMtu(9000);
    try (TestDevice up = up(jumbo, ReceivedFrames.COMPLETE)) {
      for (int payload : new int[] {0, 1, 1000, 8000}) {
        byte[] packet = TestPackets.packet(kind, payload, payload, TestPackets.ACK);
        Header said = Header.checksum(kind.transportStart(), kind.checksumOffset());
        // Over several buffers as well.
        assertTrue(up.model().deliverMerged(said, TestPackets.partial(packet), 1000, 0));
        Frame frame = one(up);
        assertArrayEquals(packet, frame.toByteArray());
        assertEquals(Offload.VERIFIED, frame.offload());
        frame.release();
      }
      assertEquals(4, up.count(Counter.CHECKSUMS_COMPLETED));
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  @Requirement("NETRX-IMP-03")
  void aPartialChecksumIsLeftAndToldWhereFramesAreWantedAsGiven(Kind kind) {
    try (TestDevice up = asGiven()) {
      byte[] partial = TestPackets.partial(TestPackets.packet(kind, 700, 1, TestPackets.ACK));
      up.model().receive(Header.checksum(kind.transportStart(), kind.checksumOffset()), partial);
      Frame frame = one(up);
      assertArrayEquals(partial, frame.toByteArray());
      assertEquals(OffloadFrames.checksum(kind), frame.offload());
      frame.release();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 54, 0xffff})
  @Requirement({"NETRX-DRV-07", "NETRX-DRV-08"})
  @Misbehaviour("H80")
  void aLargeFrameSaysHowItIsToBeCutWhateverTheDeviceSaysOfItsHeaders(int hdrLen) {
    try (TestDevice up = asGiven()) {
      kinds()
          .forEach(
              kind -> {
                byte[] packet = TestPackets.packet(kind, 20_000, 1, TestPackets.ACK);
                Header said = OffloadFrames.header(kind, 1400).withHdrLen(hdrLen);
                assertTrue(up.model().receive(said, TestPackets.partial(packet)));
                Frame frame = one(up);
                assertEquals(
                    OffloadFrames.segmented(kind, 1400).withHeaderLength(kind.headerLength()),
                    frame.offload());
                List<byte[]> segments = OffloadFrames.take(Offloads.plain(frame));
                assertEquals(15, segments.size());
                SegmentsOf.assertStandFor(packet, 1400, segments);
              });
    }
  }

  @Test
  void aReducedWindowIsTold() {
    try (TestDevice up = asGiven()) {
      byte[] packet = TestPackets.packet(Kind.tcpV4(), 5000, 1, TestPackets.CWR);
      Header said = OffloadFrames.header(Kind.tcpV4(), 1400);
      up.model()
          .receive(
              said.segmented(said.gsoType() | ModelOffloads.ECN, 1400),
              TestPackets.partial(packet));
      Frame frame = one(up);
      assertTrue(frame.offload().ecn());
      SegmentsOf.assertStandFor(packet, 1400, OffloadFrames.take(Offloads.plain(frame)));
    }
  }

  @Test
  void aLargeFrameThatMakesOneSegmentIsNoneToBeCut() {
    try (TestDevice up = asGiven()) {
      Kind kind = Kind.tcpV4();
      byte[] packet = TestPackets.packet(kind, 1400, 1, TestPackets.ACK);
      up.model().receive(OffloadFrames.header(kind, 1400), TestPackets.partial(packet));
      Frame frame = one(up);
      assertEquals(OffloadFrames.checksum(kind), frame.offload());
      frame.release();
    }
  }

  static Stream<ModelSettings> withAndWithoutMergedBuffers() {
    return Stream.of(
        OffloadFrames.device(),
        OffloadFrames.device().without(ModelSettings.MRG_RXBUF),
        ModelSettings.legacy().offering(OffloadFrames.ALL & 0xffff_ffffL),
        ModelSettings.legacy()
            .offering(OffloadFrames.ALL & 0xffff_ffffL)
            .without(ModelSettings.ANY_LAYOUT | ModelSettings.MRG_RXBUF));
  }

  @ParameterizedTest
  @MethodSource("withAndWithoutMergedBuffers")
  @Requirement({"NETRX-DRV-01", "NETRX-V14-01", "NETRX-V14-03", "NETHDR-LEG-01", "NETHDR-LEG-02"})
  void theLargestPacketFitsAlsoIntoTheSmallestRing(ModelSettings device) {
    Kind kind = new Kind(true, true, 1, 0);
    byte[] packet = TestPackets.packet(kind, 65_535 - 20, 1, TestPackets.ACK);
    for (int size : new int[] {2, 8, 64}) {
      NetSettings settings = TestDevice.netSettings(size).with(ReceivedFrames.AS_GIVEN);
      try (TestDevice up = TestDevice.up(device, settings)) {
        for (int i = 0; i < 5; i++) {
          assertTrue(
              up.model().receive(OffloadFrames.header(kind, 1440), TestPackets.partial(packet)));
          Frame frame = one(up);
          assertEquals(65_593, frame.length());
          assertArrayEquals(TestPackets.partial(packet), frame.toByteArray());
          frame.release();
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  @Requirement({"NETRX-DRV-01", "NETRX-DRV-02", "NETRX-DRV-03", "NETRX-V14-01", "NETRX-V14-02"})
  void eachReceiveBufferIsAsLongAsItMustBe(ReceivedFrames shape) {
    boolean large = shape == ReceivedFrames.AS_GIVEN;
    NetSettings smallest =
        new NetSettings(64, 64, 1526, Duration.ofMillis(50), Set.of()).with(shape);
    for (ModelSettings device : withAndWithoutMergedBuffers().toList()) {
      boolean merged = (device.features() & ModelSettings.MRG_RXBUF) != 0;
      try (TestDevice up = TestDevice.up(device, smallest)) {
        DeviceSideRing ring = up.model().ring(0);
        long all = 0;
        for (int left = ring.waiting(); left > 0; left--) {
          long writable = ring.take().orElseThrow().writable();
          assertTrue(writable >= (large && !merged ? 65_601 : 1526), "buffer of " + writable);
          all += writable;
        }
        assertTrue(!large || all >= 65_601, "the ring holds " + all);
      }
    }
  }

  @Test
  @Requirement("NETRX-DRV-09")
  void onlyWhatTheDeviceHasVerifiedIsSaidToBeSo() {
    byte[] packet = TestPackets.packet(Kind.tcpV4(), 100, 1, 0);
    packet[60] ^= 1;
    Header valid = new Header(ModelOffloads.DATA_VALID, 0, 0, 0, 0, 0, 0);
    for (ReceivedFrames shape : ReceivedFrames.values()) {
      try (TestDevice up = up(OffloadFrames.device(), shape)) {
        up.model().receive(valid, packet);
        assertEquals(Offload.VERIFIED, take(up));
        up.model().receive(packet);
        assertEquals(Offload.NONE, take(up));
      }
    }
    ModelSettings without =
        OffloadFrames.device().without(OffloadFrames.mask(NetFeature.GUEST_CSUM));
    try (TestDevice up = up(without, ReceivedFrames.AS_GIVEN)) {
      up.model().receive(valid, packet);
      assertEquals(Offload.NONE, take(up));
    }
  }

  private static Offload take(TestDevice up) {
    Frame frame = one(up);
    frame.release();
    return frame.offload();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4, 5, 0xf8})
  @Requirement({"NETRX-DRV-05", "NETRX-DRV-06"})
  void withoutItsFlagTheChecksumsPlaceIsNotLookedAt(int flags) {
    byte[] packet = TestPackets.packet(Kind.tcpV4(), 100, 1, 0);
    Header said = new Header(flags, 0, 0xffff, 0xffff, 0xfffe, 0xffff, 0);
    for (ReceivedFrames shape : ReceivedFrames.values()) {
      try (TestDevice up = up(OffloadFrames.device(), shape)) {
        up.model().receive(said, packet);
        Frame frame = one(up);
        assertEquals(Offload.NONE, frame.offload());
        assertArrayEquals(packet, frame.toByteArray());
        frame.release();
      }
    }
  }

  @Test
  @Misbehaviour("H78")
  void whatIsSaidOfAChecksumIsIgnoredWhereNobodyAgreedOnIt() {
    byte[] packet = TestPackets.packet(Kind.tcpV4(), 100, 1, 0);
    ModelSettings without =
        OffloadFrames.device().without(OffloadFrames.mask(NetFeature.GUEST_CSUM));
    try (TestDevice up = up(without, ReceivedFrames.COMPLETE)) {
      up.model().receive(Header.checksum(34, 16), packet);
      Frame frame = one(up);
      assertArrayEquals(packet, frame.toByteArray());
      assertEquals(Offload.NONE, frame.offload());
      frame.release();
    }
  }

  /** A header that cannot be true of an IPv4 TCP packet of 5054 bytes, or was not negotiated. */
  static Stream<Header> lies() {
    Header tcp = OffloadFrames.header(Kind.tcpV4(), 1400);
    return Stream.of(
        tcp.segmented(2, 1400),
        tcp.segmented(ModelOffloads.UDP, 1400),
        tcp.segmented(6, 1400),
        tcp.segmented(0x7f, 1400),
        tcp.segmented(ModelOffloads.ECN, 1400),
        tcp.segmented(ModelOffloads.UDP_L4 | ModelOffloads.ECN, 1400),
        tcp.segmented(ModelOffloads.UDP_L4, 1400),
        tcp.segmented(ModelOffloads.TCPV6, 1400),
        tcp.segmented(ModelOffloads.TCPV4, 0),
        tcp.withFlags(0),
        tcp.withFlags(5),
        Header.checksum(0, 16),
        Header.checksum(13, 16),
        Header.checksum(34, 5054 - 34 - 1),
        Header.checksum(5054, 0),
        Header.checksum(0xffff, 0xffff),
        Header.checksum(0xffff, 1),
        Header.checksum(38, 16).segmented(ModelOffloads.TCPV4, 1400),
        Header.checksum(34, 6).segmented(ModelOffloads.TCPV4, 1400));
  }

  @ParameterizedTest
  @MethodSource("lies")
  @Misbehaviour({"H75", "H76", "H77"})
  void aHeaderThatCannotBeTrueIsDroppedAndCountedAndTheNextFrameComes(Header lie) {
    try (TestDevice up = asGiven()) {
      byte[] packet = TestPackets.packet(Kind.tcpV4(), 5000, 1, TestPackets.ACK);
      up.model().receive(lie, packet);
      assertEquals(List.of(), up.receive(100));
      assertEquals(1, up.count(Counter.DROPPED_BAD_HEADER));
      assertEquals(0, up.device().lentBuffers());
      up.model().receive(OffloadFrames.header(Kind.tcpV4(), 1400), packet);
      assertEquals(1, up.receive(100).size());
    }
  }

  @Test
  @Misbehaviour("H75")
  void segmentationOfAKindThatWasNotNegotiatedIsDroppedAndCounted() {
    List<NetFeature> features =
        List.of(NetFeature.GUEST_TSO4, NetFeature.GUEST_TSO6, NetFeature.GUEST_USO4);
    List<Kind> kinds = List.of(Kind.tcpV4(), Kind.tcpV6(), Kind.udpV4());
    for (int i = 0; i < kinds.size(); i++) {
      long lacking = OffloadFrames.mask(features.get(i), NetFeature.GUEST_USO6);
      ModelSettings device = OffloadFrames.device().without(lacking);
      try (TestDevice up = up(device, ReceivedFrames.AS_GIVEN)) {
        assertFalse(up.device().features().accepted(features.get(i)));
        byte[] packet = TestPackets.packet(kinds.get(i), 5000, 1, 0);
        up.model().receive(OffloadFrames.header(kinds.get(i), 1400), packet);
        assertEquals(List.of(), up.receive(100));
        assertEquals(1, up.count(Counter.DROPPED_BAD_HEADER));
      }
    }
  }

  /** The header has one word for UDP over either. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void udpIsToBeCutOnlyOverTheVersionOfIpThatWasNegotiated(boolean ipv6) {
    NetFeature lacking = ipv6 ? NetFeature.GUEST_USO6 : NetFeature.GUEST_USO4;
    ModelSettings device = OffloadFrames.device().without(lacking.mask());
    try (TestDevice up = up(device, ReceivedFrames.AS_GIVEN)) {
      for (int tags = 0; tags <= 2; tags++) {
        Kind wrong = new Kind(ipv6, false, tags, 0);
        up.model()
            .receive(
                OffloadFrames.header(wrong, 1400),
                TestPackets.partial(TestPackets.packet(wrong, 5000, 1, 0)));
        assertEquals(List.of(), up.receive(100));
        assertEquals(1 + tags, up.count(Counter.DROPPED_BAD_HEADER));
        assertEquals(0, up.device().lentBuffers());
        Kind right = new Kind(!ipv6, false, tags, 0);
        byte[] packet = TestPackets.partial(TestPackets.packet(right, 5000, 1, 0));
        up.model().receive(OffloadFrames.header(right, 1400), packet);
        assertEquals(1, up.receive(100).size());
      }
    }
  }

  @Test
  void withTheMtuAgreedOnOnlyWhatIsToBeCutMayBeLonger() {
    ModelSettings device = OffloadFrames.device().withMtu(1500);
    try (TestDevice up = up(device, ReceivedFrames.AS_GIVEN)) {
      byte[] packet = TestPackets.partial(TestPackets.packet(Kind.tcpV4(), 3000, 1, 0));
      up.model().receive(OffloadFrames.header(Kind.tcpV4(), 1460), packet);
      assertEquals(1, up.receive(100).size());
      up.model().receive(Header.checksum(34, 16), packet);
      assertEquals(0, up.receive(100).size());
      assertEquals(1, up.count(Counter.DROPPED_OVERLONG));
    }
  }

  @Test
  void headersThatAreSaidToBeLongerThanTheirFieldCanSayAreDropped() {
    Kind kind = new Kind(true, true, 2, 0);
    byte[] packet = TestPackets.packet(kind, 65_535 - 20, 1, TestPackets.ACK);
    int start = 65_530;
    packet[start + 12] = (byte) 0x80;
    Header said = Header.checksum(start, 16).segmented(ModelOffloads.TCPV6, 10);
    NetSettings settings = TestDevice.netSettings(64).with(ReceivedFrames.AS_GIVEN);
    try (TestDevice up = TestDevice.up(OffloadFrames.device(), settings)) {
      assertTrue(up.model().receive(said, packet));
      assertEquals(List.of(), up.receive(100));
      assertEquals(1, up.count(Counter.DROPPED_BAD_HEADER));
    }
  }
}
