package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.net.TransmitQueue.Outcome;
import virtionet.testing.ModelOffloads;
import virtionet.testing.ModelOffloads.Header;
import virtionet.testing.ModelSettings;
import virtionet.testing.Requirement;
import virtionet.testing.TestPackets;
import virtionet.testing.TestPackets.Kind;

/**
 * What a device is told of transmitted frames, and what is done for it (VirtIO 1.3 §5.1.6.2). The
 * model holds each header against its frame; closing the device fails when one was wrong.
 */
class OffloadTransmitTest {
  private static final int MTU = 1500;
  private static final int SIZE = 1400;
  private static final long SEND_LARGE =
      OffloadFrames.mask(NetFeature.HOST_TSO4, NetFeature.HOST_TSO6, NetFeature.HOST_USO);

  static Stream<Kind> kinds() {
    return OffloadsTest.kinds();
  }

  private static TransmitQueue queue(TestDevice up) {
    return up.device().transmitQueue();
  }

  private static Frame partial(byte[] packet, Offload offload) {
    return Frame.wrap(TestPackets.partial(packet)).offload(offload);
  }

  /** Sends a frame whole, however long that takes; what the device got. */
  private static List<byte[]> send(TestDevice up, Frame frame) {
    assertEquals(Outcome.QUEUED, queue(up).send(frame));
    List<byte[]> sent = new ArrayList<>();
    do {
      queue(up).flush();
      sent.addAll(up.model().takeTransmitted());
    } while (queue(up).reap() > 0);
    assertEquals(0, queue(up).inFlight());
    assertTrue(frame.isReleased());
    return sent;
  }

  private static Header header(TestDevice up) {
    List<Header> headers = up.model().takeTransmittedHeaders();
    assertEquals(1, headers.size());
    return headers.getFirst();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  @Requirement({
    "NETTX-DRV-01",
    "NETTX-DRV-14",
    "NETTX-DRV-15",
    "NETTX-DRV-16",
    "NETTX-DRV-17",
    "NETTX-DRV-22"
  })
  void aChecksumIsLeftToADeviceThatCompletesIt(Kind kind) {
    try (TestDevice up = TestDevice.up(OffloadFrames.device())) {
      for (int payload : new int[] {0, 1, 700}) {
        byte[] packet = TestPackets.packet(kind, payload, 1, TestPackets.ACK);
        byte[] sent = send(up, Offloads.prepare(Frame.copyOf(packet))).getFirst();
        assertArrayEquals(TestPackets.partial(packet), sent);
        Header said = header(up);
        assertEquals(ModelOffloads.NEEDS_CSUM, said.flags());
        assertEquals(kind.transportStart(), said.start());
        assertEquals(kind.checksumOffset(), said.offset());
        assertEquals(kind.headerLength(), said.hdrLen());
      }
      assertEquals(0, up.count(Counter.CHECKSUMS_COMPLETED));
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  @Requirement({"NETTX-DRV-02", "NETTX-DRV-03"})
  void aChecksumIsCompletedForADeviceThatDoesNot(Kind kind) {
    try (TestDevice up = TestDevice.up(ModelSettings.modern())) {
      byte[] packet = TestPackets.packet(kind, 701, 1, TestPackets.ACK);
      byte[] sent = send(up, Offloads.prepare(Frame.copyOf(packet))).getFirst();
      assertArrayEquals(packet, sent);
      assertEquals(new Header(0, 0, 0, 0, 0, 0, 0), header(up));
      assertEquals(1, up.count(Counter.CHECKSUMS_COMPLETED));
    }
  }

  static Stream<ModelSettings> devicesThatCut() {
    long legacy = OffloadFrames.ALL & 0xffff_ffffL;
    return Stream.of(
        OffloadFrames.device(),
        OffloadFrames.device().without(OffloadFrames.mask(NetFeature.GUEST_HDRLEN)),
        ModelSettings.legacy().offering(legacy),
        ModelSettings.legacy()
            .offering(legacy)
            .without(ModelSettings.ANY_LAYOUT | ModelSettings.MRG_RXBUF));
  }

  @ParameterizedTest
  @MethodSource("devicesThatCut")
  @Requirement({
    "NETTX-DRV-04",
    "NETTX-DRV-06",
    "NETTX-DRV-10",
    "NETTX-DRV-13",
    "NETTX-DRV-19",
    "NETTX-DRV-20",
    "NETTX-DRV-21",
    "NETTX-DRV-22",
    "NETTX-IMP-01",
    "NETTX-V14-01",
    "NETHDR-LEG-01"
  })
  void aLargeFrameIsLeftWholeToADeviceThatCutsIt(ModelSettings device) {
    boolean cutsUdp = (device.features() & NetFeature.HOST_USO.mask()) != 0;
    for (int ring : new int[] {2, 8, 256}) {
      try (TestDevice up = TestDevice.up(device, TestDevice.netSettings(ring))) {
        for (Kind kind : kinds().filter(kind -> kind.tcp() || cutsUdp).toList()) {
          int most = 65_535 - (kind.headerLength() - kind.networkStart()) + (kind.ipv6() ? 40 : 0);
          for (int payload : new int[] {SIZE + 1, 1999, 2048, 30_000, most}) {
            int flags = payload == 1999 ? TestPackets.CWR : TestPackets.PSH;
            byte[] packet = TestPackets.packet(kind, payload, payload, flags);
            Offload offload = OffloadFrames.segmented(kind, SIZE);
            List<byte[]> sent = send(up, partial(packet, offload));
            assertEquals(1, sent.size());
            assertArrayEquals(TestPackets.partial(packet), sent.getFirst());
            Header said = header(up);
            int ecn = kind.tcp() && payload == 1999 ? ModelOffloads.ECN : 0;
            assertEquals(OffloadFrames.header(kind, SIZE).gsoType() | ecn, said.gsoType());
            assertEquals(SIZE, said.gsoSize());
            assertEquals(kind.headerLength(), said.hdrLen());
          }
        }
        assertEquals(0, up.count(Counter.SEGMENTED_FRAMES));
      }
    }
  }

  static Stream<ModelSettings> devicesThatDoNotCut() {
    return Stream.of(
        ModelSettings.modern(),
        ModelSettings.legacy().without(ModelSettings.ANY_LAYOUT),
        OffloadFrames.device().without(SEND_LARGE),
        OffloadFrames.device().without(OffloadFrames.mask(NetFeature.CSUM)));
  }

  @ParameterizedTest
  @MethodSource("devicesThatDoNotCut")
  @Requirement({"NETTX-DRV-02", "NETTX-DRV-05", "NETTX-DRV-07", "NETTX-DRV-11", "NETTX-DRV-18"})
  void aLargeFrameIsCutForADeviceThatDoesNotAlsoThroughASmallRing(ModelSettings device) {
    for (int ring : new int[] {2, 8, 256}) {
      try (TestDevice up = TestDevice.up(device.withMtu(MTU), TestDevice.netSettings(ring))) {
        for (Kind kind : kinds().toList()) {
          byte[] packet = TestPackets.packet(kind, 30_001, 1, TestPackets.PSH | TestPackets.CWR);
          Offload offload = OffloadFrames.segmented(kind, SIZE);
          SegmentsOf.assertStandFor(packet, SIZE, send(up, partial(packet, offload)));
        }
        assertEquals(kinds().count(), up.count(Counter.SEGMENTED_FRAMES));
      }
    }
  }

  @Test
  @Requirement({"NETTX-DRV-05", "NETTX-DRV-07", "NETTX-DRV-11"})
  void aDeviceThatCutsSomeKindsIsGivenNoOther() {
    List<NetFeature> features =
        List.of(NetFeature.HOST_TSO4, NetFeature.HOST_TSO6, NetFeature.HOST_USO);
    List<Kind> all = List.of(Kind.tcpV4(), Kind.tcpV6(), Kind.udpV4(), Kind.udpV6());
    for (NetFeature lacking : features) {
      ModelSettings device = OffloadFrames.device().without(lacking.mask());
      try (TestDevice up = TestDevice.up(device)) {
        int cut = 0;
        for (Kind kind : all) {
          byte[] packet = TestPackets.packet(kind, 5000, 1, TestPackets.ACK);
          List<byte[]> sent = send(up, partial(packet, OffloadFrames.segmented(kind, SIZE)));
          cut += sent.size() == 4 ? 1 : 0;
        }
        assertEquals(lacking == NetFeature.HOST_USO ? 2 : 1, cut, lacking::name);
      }
    }
  }

  /** UFO cuts packets into fragments, which is another thing than to cut them into datagrams. */
  @Test
  @Requirement("NETTX-DRV-09")
  void datagramsAreNeverLeftToADeviceThatOnlyMakesFragments() {
    ModelSettings device =
        OffloadFrames.device()
            .without(NetFeature.HOST_USO.mask())
            .offering(OffloadFrames.mask(NetFeature.HOST_UFO, NetFeature.GUEST_UFO));
    try (TestDevice up = TestDevice.up(device)) {
      byte[] packet = TestPackets.packet(Kind.udpV4(), 5000, 1, 0);
      Offload offload = OffloadFrames.segmented(Kind.udpV4(), SIZE);
      SegmentsOf.assertStandFor(packet, SIZE, send(up, partial(packet, offload)));
      assertEquals(0, up.model().driverFeatures() & NetFeature.HOST_UFO.mask());
      assertEquals(0, up.model().driverFeatures() & NetFeature.GUEST_UFO.mask());
    }
  }

  @Test
  @Requirement("NETTX-DRV-12")
  void aReducedWindowIsCutForADeviceThatCannotCutIt() {
    ModelSettings device = OffloadFrames.device().without(OffloadFrames.mask(NetFeature.HOST_ECN));
    try (TestDevice up = TestDevice.up(device)) {
      Offload offload = OffloadFrames.segmented(Kind.tcpV4(), SIZE);
      byte[] packet = TestPackets.packet(Kind.tcpV4(), 5000, 1, TestPackets.CWR);
      SegmentsOf.assertStandFor(packet, SIZE, send(up, partial(packet, offload)));
      byte[] other = TestPackets.packet(Kind.tcpV4(), 5000, 1, TestPackets.ACK);
      assertEquals(1, send(up, partial(other, offload)).size());
    }
  }

  @Test
  @Requirement("NETCFG-DRV-09")
  void onlyWhatIsToBeCutMayBeLongerThanTheMtu() {
    try (TestDevice up = TestDevice.up(OffloadFrames.device().withMtu(MTU))) {
      Kind kind = Kind.tcpV4();
      byte[] longest = TestPackets.packet(kind, MTU - 40, 1, 0);
      assertEquals(1, send(up, partial(longest, OffloadFrames.checksum(kind))).size());
      byte[] longer = TestPackets.packet(kind, MTU - 39, 1, 0);
      Frame refused = partial(longer, OffloadFrames.checksum(kind));
      assertEquals(Outcome.TOO_LONG, queue(up).send(refused));
      assertEquals(1, send(up, partial(longer, OffloadFrames.segmented(kind, MTU - 40))).size());
      Frame segments = partial(longer, OffloadFrames.segmented(kind, MTU - 39));
      assertEquals(Outcome.WRONG_OFFLOAD, queue(up).send(segments));
      assertEquals("its segments are longer than the MTU allows", queue(up).refusal());
    }
  }

  static Stream<OffloadsTest.Wrong> wrong() {
    return OffloadsTest.wrong();
  }

  @ParameterizedTest
  @MethodSource("wrong")
  @Requirement({"NETTX-DRV-17", "NETTX-DRV-19", "NETTX-DRV-20"})
  void anOffloadThatCannotBeTrueIsRefusedBeforeTheDeviceLearnsOfIt(OffloadsTest.Wrong wrong) {
    for (ModelSettings device : List.of(OffloadFrames.device(), ModelSettings.modern())) {
      try (TestDevice up = TestDevice.up(device)) {
        byte[] packet = TestPackets.packet(wrong.kind(), 1000, 1, TestPackets.ACK);
        Frame frame = Frame.wrap(packet).offload(wrong.offload());
        assertEquals(Outcome.WRONG_OFFLOAD, queue(up).send(frame));
        assertTrue(queue(up).refusal().contains(wrong.word()), queue(up).refusal());
        assertTrue(frame.isReleased());
        assertEquals(1, up.count(Counter.REFUSED_OFFLOAD));
        queue(up).flush();
        assertEquals(List.of(), up.model().takeTransmitted());
      }
    }
  }

  @Test
  void segmentsWaitForRoomInOrderAndWhateverComesAfterThemWaitsToo() {
    try (TestDevice up = TestDevice.up(ModelSettings.modern(), TestDevice.netSettings(4))) {
      up.model().stall();
      byte[] packet = TestPackets.packet(Kind.tcpV4(), 10 * SIZE, 1, TestPackets.PSH);
      Frame large = partial(packet, OffloadFrames.segmented(Kind.tcpV4(), SIZE));
      assertEquals(Outcome.QUEUED, queue(up).send(large));
      assertEquals(0, queue(up).room());
      Frame next = Frame.wrap(TestDevice.frame(7, 60));
      List<byte[]> sent = new ArrayList<>();
      while (queue(up).send(next) == Outcome.FULL) {
        queue(up).flush();
        assertTrue(up.model().transmitNow() > 0, "the segments have come to a halt");
        sent.addAll(up.model().takeTransmitted());
        queue(up).reap();
      }
      queue(up).flush();
      up.model().transmitNow();
      sent.addAll(up.model().takeTransmitted());
      queue(up).reap();
      assertEquals(11, sent.size());
      assertArrayEquals(TestDevice.frame(7, 60), sent.removeLast());
      SegmentsOf.assertStandFor(packet, SIZE, sent);
    }
  }

  @Test
  void segmentsThatWaitWhenTheDeviceEndsAreAbortedAndTheirFrameReleased() {
    TestDevice up = TestDevice.up(ModelSettings.modern(), TestDevice.netSettings(4));
    up.model().stall();
    var frames = new TestFrames();
    byte[] packet = TestPackets.packet(Kind.tcpV4(), 10 * SIZE, 1, TestPackets.PSH);
    Frame large =
        frames
            .make(TestPackets.partial(packet))
            .offload(OffloadFrames.segmented(Kind.tcpV4(), SIZE));
    assertEquals(Outcome.QUEUED, queue(up).send(large));
    assertEquals(1, frames.held());
    up.device().end();
    assertEquals(0, frames.held());
    assertEquals(5, up.count(Counter.TRANSMIT_ABORTED));
    assertEquals(32 << 20, up.machine().memory().available());
  }

  @Test
  void largeFramesFillTheRingAndTheOneTooManyStaysWithTheCaller() {
    try (TestDevice up = TestDevice.up(OffloadFrames.device(), TestDevice.netSettings(64))) {
      up.model().stall();
      byte[] packet = TestPackets.packet(Kind.tcpV4(), 40_000, 1, TestPackets.PSH);
      int queued = 0;
      Frame frame = partial(packet, OffloadFrames.segmented(Kind.tcpV4(), SIZE));
      while (queue(up).send(frame) == Outcome.QUEUED) {
        queued++;
        frame = partial(packet, OffloadFrames.segmented(Kind.tcpV4(), SIZE));
      }
      assertEquals(64 / 20, queued);
      queue(up).flush();
      assertEquals(queued, up.model().transmitNow());
      assertEquals(queued, queue(up).reap());
      assertEquals(0, up.device().lentBuffers());
      assertEquals(Outcome.QUEUED, queue(up).send(frame));
      queue(up).flush();
      up.model().transmitNow();
      queue(up).reap();
    }
  }

  @Test
  @Requirement({"NETTX-DRV-24", "NETTX-DRV-25"})
  void aReceivedFrameIsSentOnAsItIsWithoutACopyAndWithoutItsVerdict() {
    NetSettings settings = TestDevice.netSettings(64).with(ReceivedFrames.AS_GIVEN);
    try (TestDevice up = TestDevice.up(OffloadFrames.device(), settings)) {
      byte[] packet = TestPackets.packet(Kind.tcpV6(), 20_000, 1, TestPackets.PSH);
      byte[] partial = TestPackets.partial(packet);
      Header said = OffloadFrames.header(Kind.tcpV6(), SIZE);
      up.model().receive(said, partial);
      forward(up);
      assertArrayEquals(partial, up.model().takeTransmitted().getFirst());
      assertEquals(said.withHdrLen(Kind.tcpV6().headerLength()), header(up));

      byte[] small = TestPackets.packet(Kind.udpV4(), 20, 1, 0);
      up.model().receive(new Header(ModelOffloads.DATA_VALID, 0, 0, 0, 0, 0, 0), small);
      forward(up);
      assertEquals(new Header(0, 0, 0, 0, 0, 0, 0), header(up));
      assertEquals(0, up.count(Counter.TRANSMIT_COPIES));
    }
  }

  /** A chain of more segments than the transmit ring has descriptors. */
  @Test
  void aReceivedFrameOfMorePiecesThanTheRingHoldsIsSentOnAsACopy() {
    NetSettings narrow =
        new NetSettings(64, 8, 2048, Duration.ofMillis(50), Set.of()).with(ReceivedFrames.AS_GIVEN);
    try (TestDevice up = TestDevice.up(OffloadFrames.device(), narrow)) {
      byte[] packet = TestPackets.packet(Kind.tcpV4(), 60_000, 1, TestPackets.PSH);
      up.model().receive(OffloadFrames.header(Kind.tcpV4(), SIZE), TestPackets.partial(packet));
      forward(up);
      assertArrayEquals(TestPackets.partial(packet), up.model().takeTransmitted().getFirst());
      assertEquals(1, up.count(Counter.TRANSMIT_COPIES));
    }
  }

  private static void forward(TestDevice up) {
    up.device()
        .receiveQueue()
        .receive(frame -> assertEquals(Outcome.QUEUED, queue(up).send(frame)), 1000);
    queue(up).flush();
    assertEquals(1, queue(up).reap());
  }

  @Test
  void aFrameThatWasReleasedIsNotTouched() {
    try (TestDevice up = TestDevice.up(ModelSettings.modern())) {
      byte[] packet = TestPackets.partial(TestPackets.packet(Kind.tcpV4(), 100, 1, 0));
      Frame frame = Frame.wrap(packet).offload(OffloadFrames.checksum(Kind.tcpV4()));
      byte[] before = packet.clone();
      frame.release();
      assertEquals(Outcome.NOT_HELD, queue(up).send(frame));
      assertArrayEquals(before, packet);
    }
  }

  @Test
  void arbitraryFramesOfAllKindsArriveAsThePacketsThatTheyAre() {
    var random = new SplittableRandom(6);
    for (ModelSettings device : Arrays.asList(OffloadFrames.device(), ModelSettings.modern())) {
      try (TestDevice up = TestDevice.up(device, TestDevice.netSettings(16))) {
        List<Kind> kinds = kinds().toList();
        for (int round = 0; round < 500; round++) {
          Kind kind = kinds.get(random.nextInt(kinds.size()));
          int size = random.nextInt(100, SIZE);
          byte[] packet = TestPackets.packet(kind, random.nextInt(1, 20_000), round, 0x55);
          Frame frame =
              OffloadFrames.chain(TestPackets.partial(packet), random)
                  .offload(OffloadFrames.segmented(kind, size));
          List<byte[]> sent = send(up, frame);
          if (device.features() == ModelSettings.modern().features()) {
            SegmentsOf.assertStandFor(packet, size, sent);
          } else {
            assertArrayEquals(TestPackets.partial(packet), sent.getFirst());
          }
        }
      }
    }
  }
}
