package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.net.Offload.Segmentation;
import virtionet.testing.TestPackets;
import virtionet.testing.TestPackets.Kind;

/** Checksums and segments made in software, against packets that were written byte by byte. */
class OffloadsTest {
  private static final int ANY_MTU = Integer.MAX_VALUE;

  static Stream<Kind> kinds() {
    List<Kind> kinds = new ArrayList<>();
    for (boolean ipv6 : new boolean[] {false, true}) {
      for (boolean tcp : new boolean[] {false, true}) {
        for (int tags = 0; tags <= 2; tags++) {
          kinds.add(new Kind(ipv6, tcp, tags, 0));
          if (tcp || !ipv6) {
            kinds.add(new Kind(ipv6, tcp, tags, 12));
          }
        }
      }
    }
    return kinds.stream();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void eachLengthOfPartialChecksumIsCompletedAlsoAcrossSegments(Kind kind) {
    var random = new SplittableRandom(1);
    for (int payload = 0; payload < 300; payload++) {
      byte[] packet = TestPackets.packet(kind, payload, payload, TestPackets.ACK);
      byte[] partial = TestPackets.partial(packet);
      for (Frame frame : List.of(Frame.copyOf(partial), OffloadFrames.chain(partial, random))) {
        List<Frame> plain = Offloads.plain(frame.offload(OffloadFrames.checksum(kind)));
        assertEquals(1, plain.size());
        assertEquals(Offload.VERIFIED, plain.getFirst().offload());
        assertArrayEquals(packet, plain.getFirst().segment().toArray(ValueLayout.JAVA_BYTE));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aPreparedFrameIsThePartialOneAndKnowsWhereItsChecksumIs(Kind kind) {
    byte[] packet = TestPackets.packet(kind, 333, 3, TestPackets.ACK);
    Frame frame = Offloads.prepare(Frame.copyOf(packet));
    assertEquals(OffloadFrames.checksum(kind), frame.offload());
    assertArrayEquals(TestPackets.partial(packet), frame.toByteArray());
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void theSegmentsStandForThePacketWhateverTheirSize(Kind kind) {
    var random = new SplittableRandom(2);
    for (int round = 0; round < 60; round++) {
      int payload = random.nextInt(0, round % 6 == 0 ? 65_000 : 3_000);
      int size = random.nextInt(payload > 5_000 ? 400 : 1, 9_000);
      int flags = random.nextInt(256);
      byte[] packet = TestPackets.packet(kind, payload, round, flags);
      byte[] partial = TestPackets.partial(packet);
      Frame frame = round % 2 == 0 ? Frame.copyOf(partial) : OffloadFrames.chain(partial, random);
      frame.offload(OffloadFrames.segmented(kind, size));
      assertEquals("", Offloads.problem(frame, ANY_MTU));
      List<Frame> segments = Offloads.plain(frame);
      assertTrue(frame.isReleased());
      assertEquals(Math.max(1, Math.ceilDiv(payload, size)), segments.size());
      SegmentsOf.assertStandFor(packet, size, OffloadFrames.take(segments));
    }
  }

  @Test
  void aUdpChecksumOfZeroIsWrittenAsAllOnes() {
    Kind kind = Kind.udpV4();
    byte[] packet = TestPackets.packet(kind, 2, 1, 0);
    // The payload is chosen so that all adds up to zero.
    packet[packet.length - 2] = 0;
    packet[packet.length - 1] = 0;
    byte[] partial = TestPackets.partial(packet);
    byte[] zero = TestPackets.completed(partial, kind.transportStart(), 6);
    packet[packet.length - 2] = zero[kind.transportStart() + 6];
    packet[packet.length - 1] = zero[kind.transportStart() + 7];
    Frame frame = Frame.copyOf(TestPackets.partial(packet)).offload(OffloadFrames.checksum(kind));
    byte[] done = Offloads.plain(frame).getFirst().toByteArray();
    assertEquals((byte) 0xff, done[kind.transportStart() + 6]);
    assertEquals((byte) 0xff, done[kind.transportStart() + 7]);
    TestPackets.assertRight(done);
  }

  @Test
  void aPlainFrameIsLeftAsItIs() {
    Frame frame = Frame.ofLength(60);
    assertSame(frame, Offloads.plain(frame).getFirst());
    Frame tiny = Frame.ofLength(3);
    assertSame(tiny, Offloads.plain(tiny).getFirst());
  }

  @Test
  void aPlainChainIsGatheredAndReleased() {
    byte[] bytes = TestPackets.packet(Kind.tcpV4(), 500, 1, 0);
    Frame chain = OffloadFrames.chain(bytes, new SplittableRandom(4));
    Frame plain = Offloads.plain(chain).getFirst();
    assertEquals(1, plain.segmentCount());
    assertArrayEquals(bytes, plain.toByteArray());
    assertTrue(chain.isReleased());
  }

  /** A wrong offload, and a word of what is said of it. */
  record Wrong(Kind kind, Offload offload, String word) {}

  static Stream<Wrong> wrong() {
    Kind tcp = Kind.tcpV4();
    Offload good = OffloadFrames.segmented(tcp, 500);
    int end = tcp.headerLength() + 1000;
    return Stream.of(
        new Wrong(tcp, Offload.checksum(13, 16), "within the Ethernet header"),
        new Wrong(tcp, Offload.checksum(34, end - 34 - 1), "beyond its end"),
        new Wrong(tcp, Offload.checksum(65_535, 65_535), "beyond its end"),
        new Wrong(tcp, Offload.NONE.segmented(Segmentation.TCPV4, 500), "without a checksum"),
        new Wrong(tcp, good.segmented(Segmentation.TCPV4, 0), "no payload"),
        new Wrong(tcp, good.segmented(Segmentation.TCPV6, 500), "EtherType"),
        new Wrong(tcp, good.segmented(Segmentation.UDP_L4, 500), "where its protocol has it"),
        new Wrong(
            tcp, Offload.checksum(34, 6).segmented(Segmentation.UDP_L4, 500), "another protocol"),
        new Wrong(
            tcp, Offload.checksum(38, 16).segmented(Segmentation.TCPV4, 500), "IPv4 header ends"),
        new Wrong(
            tcp,
            Offload.checksum(end - 19, 16).segmented(Segmentation.TCPV4, 500),
            "transport header lies beyond"),
        new Wrong(tcp, good.withHeaderLength(53), "another length"),
        new Wrong(tcp, good.withHeaderLength(55), "another length"),
        new Wrong(
            Kind.tcpV6(),
            Offload.checksum(53, 16).segmented(Segmentation.TCPV6, 500),
            "within its IPv6 header"),
        new Wrong(Kind.tcpV6(), OffloadFrames.segmented(Kind.tcpV4(), 500), "EtherType"));
  }

  @ParameterizedTest
  @MethodSource("wrong")
  void anOffloadThatCannotBeTrueIsRefusedWithTheReasonAndTheFrameReleased(Wrong wrong) {
    byte[] packet = TestPackets.packet(wrong.kind(), 1000, 1, TestPackets.ACK);
    Frame frame = Frame.wrap(packet).offload(wrong.offload());
    assertTrue(
        Offloads.problem(frame, ANY_MTU).contains(wrong.word()),
        () -> Offloads.problem(frame, ANY_MTU));
    assertThrows(IllegalArgumentException.class, () -> Offloads.plain(frame));
    assertTrue(frame.isReleased());
  }

  @Test
  void aTcpHeaderThatEndsBeyondTheFrameOrBeforeItsOwnFieldsIsRefused() {
    Kind kind = Kind.tcpV4();
    for (int words : new int[] {0, 4, 15}) {
      byte[] packet = TestPackets.packet(kind, 10, 1, TestPackets.ACK);
      packet[kind.transportStart() + 12] = (byte) (words << 4);
      Frame frame = Frame.wrap(packet).offload(OffloadFrames.segmented(kind, 5));
      assertEquals("its headers do not end within it", Offloads.problem(frame, ANY_MTU));
    }
  }

  @Test
  void segmentsBeyondTheMtuAndPacketsBeyondTheirLengthFieldAreRefused() {
    Kind kind = new Kind(false, true, 1, 0);
    Frame frame = Frame.wrap(TestPackets.packet(kind, 5000, 1, 0));
    assertEquals("", Offloads.problem(frame.offload(OffloadFrames.segmented(kind, 1460)), 1500));
    assertTrue(
        Offloads.problem(frame.offload(OffloadFrames.segmented(kind, 1461)), 1500).contains("MTU"));
    for (Kind large : List.of(Kind.tcpV4(), Kind.tcpV6())) {
      int most = 65_535 - (large.ipv6() ? 20 : 40);
      for (int payload : new int[] {most, most + 1}) {
        Frame packet = Frame.wrap(TestPackets.packet(large, payload, 1, 0));
        packet.offload(OffloadFrames.segmented(large, 1400));
        assertEquals(payload > most, !Offloads.problem(packet, 1500).isEmpty());
      }
    }
  }

  @Test
  void arbitraryOffloadsOfArbitraryFramesAreRefusedOrDoneButNeverBreakAnything() {
    var random = new SplittableRandom(5);
    List<Segmentation> kindsOfSegmentation = List.of(Segmentation.values());
    int done = 0;
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes;
      if (random.nextInt(4) == 0) {
        bytes = new byte[random.nextInt(14, 120)];
        random.nextBytes(bytes);
      } else {
        Kind kind = new Kind(random.nextBoolean(), random.nextBoolean(), random.nextInt(3), 0);
        bytes = TestPackets.packet(kind, random.nextInt(100), round, random.nextInt(256));
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      var offload =
          new Offload(
              random.nextInt(14, 70),
              random.nextBoolean() ? 16 : 6,
              kindsOfSegmentation.get(random.nextInt(4)),
              random.nextInt(3) * 7,
              false,
              0,
              false);
      Frame frame = Frame.wrap(bytes).offload(offload);
      if (Offloads.problem(frame, ANY_MTU).isEmpty()) {
        List<Frame> plain = Offloads.plain(frame);
        assertTrue(plain.stream().allMatch(segment -> segment.offload().isDone()));
        done++;
      }
    }
    assertTrue(done > 1000, "only " + done + " were done");
  }

  @Test
  void onlyWhatHasAChecksumToCompleteCanBePrepared() {
    byte[] arp = new byte[60];
    arp[12] = 0x08;
    arp[13] = 0x06;
    byte[] icmp = TestPackets.packet(Kind.udpV4(), 20, 1, 0);
    icmp[23] = 1;
    byte[] cut = Arrays.copyOf(TestPackets.packet(Kind.tcpV6(), 0, 1, 0), 70);
    for (byte[] bytes : List.of(arp, icmp, cut, new byte[3])) {
      assertThrows(IllegalArgumentException.class, () -> Offloads.prepare(Frame.wrap(bytes)));
    }
    assertThrows(IllegalArgumentException.class, () -> Offload.checksum(65_536, 16));
    IntStream.of(-1, 65_536)
        .forEach(
            size ->
                assertThrows(
                    IllegalArgumentException.class,
                    () -> Offload.NONE.segmented(Segmentation.TCPV4, size)));
  }
}
