package virtionet.observe.pcap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.MacAddress;
import virtionet.net.Offload;
import virtionet.net.TestFrames;
import virtionet.testing.CapturedLog;
import virtionet.testing.Patience;
import virtionet.testing.Pcapng;
import virtionet.testing.Programs;
import virtionet.testing.TestBytes;

/** What is in the file, and what becomes of the traffic when there is none. */
class PcapngCaptureTest {
  private static final long NOON = 1_800_000_000_123_456_789L;
  private static final CaptureInterface FACE =
      new CaptureInterface(
          "net0", "a device of the test", Optional.of(MacAddress.parse("02:00:00:00:00:01")));
  private static final HexFormat HEX = HexFormat.of();

  @TempDir Path folder;

  private final AtomicLong clock = new AtomicLong(NOON);

  private Path file() {
    return folder.resolve("frames.pcapng");
  }

  private PcapSettings settings() {
    return PcapSettings.to(file()).withClock(clock::getAndIncrement);
  }

  private static byte[] frame(int number) {
    return TestBytes.frame(number, TestBytes.SHORTEST + 7 * number % 1500);
  }

  private static void show(CapturePoint point, int count) {
    for (int number = 0; number < count; number++) {
      Frame frame = Frame.wrap(frame(number));
      if (number % 2 == 0) {
        point.outbound(frame);
      } else {
        point.inbound(frame);
      }
    }
  }

  @Test
  @Tag("tshark")
  void tsharkTellsEachFrameItsTimeItsDirectionAndWhatIsSaidOfIt() throws Exception {
    Programs.need("tshark");
    try (var capture = Capture.start(settings())) {
      CapturePoint point = capture.point(FACE);
      long first = clock.get();
      show(point, 50);
      assertEquals(first + 50, clock.get(), "the clock is asked once for each frame");
      point.outbound(
          Frame.wrap(frame(50))
              .offload(Offload.checksum(34, 16).segmented(Offload.Segmentation.TCPV4, 1448)));
      point.dropped(Direction.INBOUND, Frame.wrap(frame(51)), "not for us");
    }
    String told =
        Programs.run(
            folder,
            "tshark",
            "-n",
            "-r",
            file().toString(),
            "-T",
            "fields",
            "-E",
            "separator=|",
            "-e",
            "frame.time_epoch",
            "-e",
            "frame.len",
            "-e",
            "frame.packet_flags_direction",
            "-e",
            "frame.interface_name",
            "-e",
            "frame.comment");
    List<String> expected = new ArrayList<>();
    for (int number = 0; number < 52; number++) {
      String comment =
          switch (number) {
            case 50 ->
                "virtio: checksum to be completed from byte 34 on, into byte 50, to be cut as TCPV4"
                    + " into segments of 1448 bytes";
            case 51 -> "dropped: not for us";
            default -> "";
          };
      expected.add(
          "1800000000.%d|%d|0x%08x|net0|%s"
              .formatted(
                  // The clock was asked once before, for the interface.
                  123_456_790 + number, frame(number).length, number % 2 == 0 ? 2 : 1, comment));
    }
    assertEquals(expected, told.lines().toList());
    List<String> hex = Pcapng.frames(file()).stream().map(HEX::formatHex).toList();
    for (int number = 0; number < 52; number++) {
      assertEquals(HEX.formatHex(frame(number)), hex.get(number));
    }
  }

  @Test
  void theFileSaysOfTheInterfaceWhatIsKnown() throws Exception {
    try (var capture = Capture.start(settings().withSnapLength(96))) {
      capture.point(FACE);
    }
    List<Pcapng.Block> blocks = Pcapng.blocks(file());
    assertEquals(
        List.of(Pcapng.SECTION, Pcapng.INTERFACE, Pcapng.STATISTICS),
        blocks.stream().map(Pcapng.Block::type).toList());
    Pcapng.Block face = blocks.get(1);
    assertEquals(1, face.body().getShort(0), "Ethernet");
    assertEquals(96, face.body().getInt(4), "the snap length");
    assertEquals(List.of("net0"), face.texts(2));
    assertEquals(List.of("a device of the test"), face.texts(3));
    assertArrayEquals(new byte[] {2, 0, 0, 0, 0, 1}, face.options(6).getFirst());
    assertArrayEquals(new byte[] {9}, face.options(9).getFirst(), "nanoseconds");
  }

  @Test
  void onlyTheFirstBytesOfAFrameAreKeptAndItsLengthIsSaid() throws Exception {
    try (var capture = Capture.start(settings().withSnapLength(61))) {
      CapturePoint point = capture.point(FACE);
      for (int length : new int[] {60, 61, 62, 1514}) {
        point.inbound(Frame.wrap(TestBytes.frame(length, length)));
      }
    }
    List<Pcapng.Block> packets = Pcapng.ofType(Pcapng.blocks(file()), Pcapng.PACKET);
    assertEquals(List.of(60, 61, 61, 61), packets.stream().map(p -> p.data().length).toList());
    assertEquals(
        List.of(60, 61, 62, 1514), packets.stream().map(p -> p.body().getInt(16)).toList());
    assertArrayEquals(
        HEX.parseHex(HEX.formatHex(TestBytes.frame(1514, 1514), 0, 61)), packets.getLast().data());
  }

  @Test
  void aFrameStaysItsHoldersAndAReleasedOneIsCountedAndNoMore() {
    var frames = new TestFrames();
    Capture capture = Capture.start(settings());
    CapturePoint point = capture.point(FACE);
    Frame held = frames.make(frame(1));
    point.inbound(held);
    assertEquals(1, frames.held());
    held.release();
    point.inbound(held);
    capture.close();
    assertEquals(1, capture.summary().frames());
    assertEquals(1, capture.summary().unreadable());
    assertEquals(Optional.empty(), capture.summary().failure());
  }

  @Test
  void aFullFileIsFollowedByTheNextAndEachCanBeReadAlone() throws Exception {
    try (var capture = Capture.start(settings().withRotation(Rotation.atFrames(10)))) {
      CapturePoint point = capture.point(FACE);
      show(point, 25);
    }
    List<byte[]> all = new ArrayList<>();
    for (String name : List.of("frames.pcapng", "frames-2.pcapng", "frames-3.pcapng")) {
      List<Pcapng.Block> blocks = Pcapng.blocks(folder.resolve(name));
      assertEquals(1, Pcapng.ofType(blocks, Pcapng.INTERFACE).size(), name);
      assertEquals(Pcapng.STATISTICS, blocks.getLast().type(), name);
      all.addAll(Pcapng.frames(folder.resolve(name)));
    }
    assertEquals(25, all.size());
    for (int number = 0; number < 25; number++) {
      assertArrayEquals(frame(number), all.get(number));
    }
  }

  @Test
  void noFileIsLargerThanAskedForAndOnlyTheNewestAreKept() throws Exception {
    int most = 20_000;
    Capture capture = Capture.start(settings().withRotation(Rotation.atBytes(most).keeping(3)));
    try (capture) {
      CapturePoint point = capture.point(FACE);
      for (int number = 0; number < 200; number++) {
        point.inbound(Frame.wrap(TestBytes.frame(number, 1000)));
      }
    }
    assertEquals(200, capture.summary().frames());
    List<Path> files;
    try (var found = Files.list(folder)) {
      files = found.sorted().toList();
    }
    assertEquals(
        List.of("frames-10.pcapng", "frames-11.pcapng", "frames-9.pcapng"),
        files.stream().map(path -> path.getFileName().toString()).toList());
    for (Path file : files) {
      List<Pcapng.Block> blocks = Pcapng.blocks(file);
      int statistics = blocks.getLast().body().limit() + 12;
      assertTrue(Files.size(file) - statistics <= most, file + ": " + Files.size(file));
    }
    assertArrayEquals(
        TestBytes.frame(199, 1000), Pcapng.frames(folder.resolve("frames-11.pcapng")).getLast());
  }

  @Test
  void aFrameLargerThanAFileMayBeHasAFileOfItsOwn() throws Exception {
    try (var capture = Capture.start(settings().withRotation(Rotation.atBytes(10)))) {
      show(capture.point(FACE), 2);
    }
    assertEquals(1, Pcapng.frames(file()).size());
    assertEquals(1, Pcapng.frames(folder.resolve("frames-2.pcapng")).size());
  }

  @Test
  void aNameWithoutDotsIsNumberedAtItsEnd() {
    assertEquals(Path.of("dir.d/frames-2"), FileSink.numbered(Path.of("dir.d/frames"), 2));
    assertEquals(Path.of(".hidden-3"), FileSink.numbered(Path.of(".hidden"), 3));
    assertEquals(Path.of("a.b-2.pcapng"), FileSink.numbered(Path.of("a.b.pcapng"), 2));
  }

  @Test
  void aFullDiskEndsTheCaptureWithOneWarningAndTheRestIsCounted() {
    Path full = Path.of("/dev/full");
    try (var log = new CapturedLog(Level.WARN)) {
      Capture capture = Capture.start(PcapSettings.to(full));
      CapturePoint point = capture.point(FACE);
      show(point, 10);
      CaptureSummary ended = Patience.answer(capture.ended());
      assertEquals(Optional.of("No space left on device"), ended.failure());
      show(point, 10);
      capture.close();
      CaptureSummary summary = capture.summary();
      assertEquals(0, summary.frames());
      assertEquals(20, summary.missed());
      assertEquals(
          List.of(
              "the capture into /dev/full ends here: No space left on device; the traffic goes on"),
          log.lines(Level.WARN, ""));
    }
  }

  @Test
  void aFailureInTheMidstOfAFrameCountsThoseBefore() {
    var written = new ByteArrayOutputStream();
    var stream =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            if (written.size() == 5000) {
              throw new IOException("File too large");
            }
            written.write(b);
          }
        };
    Capture capture =
        Capture.start(PcapSettings.to(new PcapSettings.ToStream("the stream", stream)));
    CapturePoint point = capture.point(FACE);
    for (int number = 0; number < 20; number++) {
      point.inbound(Frame.wrap(TestBytes.frame(number, 1000)));
    }
    capture.close();
    assertEquals(Optional.of("File too large"), capture.summary().failure());
    assertEquals(20, capture.summary().frames() + capture.summary().missed());
    assertTrue(capture.summary().frames() <= 4, capture.summary()::toString);
  }

  @Test
  void aFileThatCannotBeOpenedIsNamedWithTheReason() {
    Path nowhere = folder.resolve("no/such/folder.pcapng");
    String message =
        assertThrows(CaptureException.class, () -> Capture.start(PcapSettings.to(nowhere)))
            .getMessage();
    assertEquals("cannot capture into " + nowhere + ": there is no such folder", message);
    String folderItself =
        assertThrows(CaptureException.class, () -> Capture.start(PcapSettings.to(folder)))
            .getMessage();
    assertEquals("cannot capture into " + folder + ": Is a directory", folderItself);
  }

  /** A destination that takes nothing until it is told to. */
  private static final class Stalled extends OutputStream {
    final CountDownLatch reached = new CountDownLatch(1);
    final CountDownLatch goOn = new CountDownLatch(1);
    final ByteArrayOutputStream written = new ByteArrayOutputStream();

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      reached.countDown();
      try {
        goOn.await();
      } catch (InterruptedException e) {
        throw new IOException("interrupted", e);
      }
      written.write(bytes, offset, length);
    }
  }

  @Test
  void aSlowDiskOverflowsTheQueueAndWhatIsMissingIsSaidAtTheNextFrame() throws Exception {
    var stalled = new Stalled();
    var settings =
        PcapSettings.to(new PcapSettings.ToStream("slow", stalled))
            .withSnapLength(1000)
            .withQueueBytes(6000);
    Capture capture = Capture.start(settings);
    CapturePoint point = capture.point(FACE);
    stalled.reached.await();
    for (int number = 0; number < 100; number++) {
      point.inbound(Frame.wrap(TestBytes.frame(number, 1000)));
    }
    long overflowed = capture.summary().overflowed();
    assertTrue(overflowed >= 88, "of 100 frames overflowed " + overflowed);
    stalled.goOn.countDown();
    Patience.until("the others are written", () -> capture.summary().frames() == 100 - overflowed);
    point.inbound(Frame.wrap(TestBytes.frame(100, 1000)));
    capture.close();
    List<Pcapng.Block> blocks = Pcapng.blocks(stalled.written.toByteArray());
    assertEquals(
        overflowed, Pcapng.ofType(blocks, Pcapng.PACKET).getLast().number(4), "epb_dropcount");
    assertEquals(overflowed, blocks.getLast().number(7), "isb_osdrop");
    assertEquals(101 - overflowed, blocks.getLast().number(8), "isb_usrdeliv");
  }

  @Test
  void theEndDoesNotWaitForeverForADestinationThatTakesNothing() {
    var stalled = new Stalled();
    Capture capture = Capture.start(PcapSettings.to(new PcapSettings.ToStream("stalled", stalled)));
    show(capture.point(FACE), 10);
    long start = System.nanoTime();
    capture.close();
    assertTrue(System.nanoTime() - start < 20_000_000_000L);
    assertTrue(capture.summary().failure().isPresent());
    assertEquals(10, capture.summary().missed());
  }

  @Test
  void afterSoManyFramesItEnds() throws Exception {
    Capture capture = Capture.start(settings().withLimit(7));
    show(capture.point(FACE), 20);
    CaptureSummary ended = Patience.answer(capture.ended());
    assertEquals("capture " + file() + ": 7 frames", ended.toString());
    assertEquals(7, Pcapng.frames(file()).size());
    capture.close();
    assertEquals(0, capture.summary().missed());
  }

  @Test
  void theDevicesDropsAreInTheStatisticsWithTheirReasons() throws Exception {
    var counters = new AtomicLong(3);
    try (var capture = Capture.start(settings())) {
      CapturePoint point = capture.point(FACE);
      point.countersFrom(
          () ->
              Map.of(
                  Counter.RECEIVED_FRAMES,
                  100 * counters.get(),
                  Counter.DROPPED_HANDOFF_FULL,
                  counters.get(),
                  Counter.REFUSED_LONG,
                  2 * counters.get()));
      counters.set(10);
    }
    Pcapng.Block statistics = Pcapng.blocks(file()).getLast();
    assertEquals(700, statistics.number(4), "isb_ifrecv");
    assertEquals(7, statistics.number(5), "isb_ifdrop");
    assertEquals(
        List.of(
            "DROPPED_HANDOFF_FULL 7: received, client too slow, a client's bounded hand-off was"
                + " full",
            "REFUSED_LONG 14: transmit, beyond MTU, a client's frame longer than the MTU allows"),
        statistics.texts(1));
  }

  @Test
  void aConsumerHasTheFramesOneByOne() throws Exception {
    BlockingQueue<CapturedFrame> seen = new LinkedBlockingQueue<>();
    var settings =
        PcapSettings.to(new PcapSettings.ToConsumer("the test", seen::add))
            .withSnapLength(20)
            .withClock(() -> NOON);
    try (var capture = Capture.start(settings)) {
      capture.point(CaptureInterface.of("other"));
      CapturePoint point = capture.point(FACE);
      point.inbound(Frame.wrap(frame(9)).offload(Offload.VERIFIED));
      point.outbound(Frame.wrap(frame(0)));
    }
    CapturedFrame first = seen.remove();
    assertEquals("net0", first.point());
    assertEquals(Direction.INBOUND, first.direction());
    assertEquals(PcapSettings.instant(NOON), first.time());
    assertEquals(frame(9).length, first.length());
    assertEquals(20, first.bytes().remaining());
    assertEquals("virtio: one checksum verified", first.comment());
    assertEquals(Direction.OUTBOUND, seen.remove().direction());
    assertTrue(seen.isEmpty());
  }

  @Test
  void framesThatPassAfterTheEndAreNotMissed() {
    Capture capture = Capture.start(settings());
    CapturePoint point = capture.point(FACE);
    capture.close();
    show(point, 5);
    assertEquals(0, capture.summary().missed());
    assertFalse(capture.summary().failure().isPresent());
  }
}
