package virtionet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import ch.qos.logback.classic.Level;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.NetFeature;
import virtionet.net.Offload;
import virtionet.net.Offload.Segmentation;
import virtionet.net.Offloads;
import virtionet.stream.SoftwareOffload;
import virtionet.testing.CapturedLog;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelOffloads;
import virtionet.testing.ModelOffloads.Header;
import virtionet.testing.ModelSettings;
import virtionet.testing.TestPackets;
import virtionet.testing.TestPackets.Kind;

/** Offloads as clients see them, or do not. */
class OffloadStreamTest {
  private static final String AS_GIVEN = "virtionet.received-frames = as-given";
  private static final Kind TCP = Kind.tcpV4();
  private static final Header CHECKSUM = Header.checksum(TCP.transportStart(), 16);
  private static final Header LARGE = CHECKSUM.segmented(ModelOffloads.TCPV4, 1400);
  private static final byte[] LARGE_PACKET = TestPackets.packet(TCP, 20_000, 1, TestPackets.PSH);
  private static final int SEGMENTS = 15;

  private static ModelSettings device() {
    long offloads =
        NetFeature.CSUM.mask()
            | NetFeature.GUEST_CSUM.mask()
            | NetFeature.GUEST_TSO4.mask()
            | NetFeature.HOST_TSO4.mask()
            | NetFeature.MRG_RXBUF.mask();
    return ModelSettings.modern().offering(offloads);
  }

  private static Frame largeFrame() {
    return Offloads.prepare(Frame.copyOf(LARGE_PACKET))
        .offload(Offload.checksum(TCP.transportStart(), 16).segmented(Segmentation.TCPV4, 1400));
  }

  @Test
  void aClientThatKnowsNothingOfOffloadsGetsFramesWithRightChecksums() {
    try (var driver = DriverOnModel.of(device())) {
      var client = driver.connected();
      byte[] packet = TestPackets.packet(TCP, 500, 1, TestPackets.ACK);
      driver.device().receive(CHECKSUM, TestPackets.partial(packet));
      assertArrayEquals(packet, client.receive());
      assertEquals(1, client.count(Counter.CHECKSUMS_COMPLETED));
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aClientThatAsksForThemGetsLargeFramesInSeveralSegmentsAndWhatIsToBeDone() {
    try (var driver = DriverOnModel.with(AS_GIVEN, device())) {
      var client = driver.connected();
      driver.device().receive(LARGE, TestPackets.partial(LARGE_PACKET));
      Frame frame = client.out().requestNext();
      assertTrue(frame.segmentCount() > 1);
      assertEquals(Segmentation.TCPV4, frame.offload().segmentation());
      assertEquals(1400, frame.offload().segmentSize());
      assertEquals(TCP.headerLength(), frame.offload().headerLength());
      assertArrayEquals(TestPackets.partial(LARGE_PACKET), frame.toByteArray());
      frame.release();
      driver.stopWithoutATrace();
    }
  }

  @Test
  void eachOfSeveralClientsLearnsWhatIsToBeDone() {
    try (var driver = DriverOnModel.with(AS_GIVEN + "\nvirtionet.clients = broadcast", device())) {
      List<DriverOnModel.Client> clients = List.of(driver.connected(), driver.connected());
      driver.device().receive(LARGE, TestPackets.partial(LARGE_PACKET));
      for (DriverOnModel.Client client : clients) {
        Frame frame = client.out().requestNext();
        assertEquals(1400, frame.offload().segmentSize());
        assertArrayEquals(TestPackets.partial(LARGE_PACKET), frame.toByteArray());
        frame.release();
      }
      driver.stopWithoutATrace();
    }
  }

  @Test
  void behindTheSoftwareStageAFlowNeedNotCare() {
    try (var driver = DriverOnModel.with(AS_GIVEN, device())) {
      var client = driver.client(driver.net().flow().join(SoftwareOffload.bidi()));
      client.connected();
      driver.device().receive(LARGE, TestPackets.partial(LARGE_PACKET));
      int received = 0;
      for (int i = 0; i < SEGMENTS; i++) {
        byte[] segment = client.receive();
        TestPackets.assertRight(segment);
        received += TestPackets.payload(segment).length;
      }
      assertEquals(20_000, received);

      client.in().sendNext(largeFrame());
      until("all are sent", () -> client.count(Counter.TRANSMITTED_FRAMES) == SEGMENTS);
      driver.device().takeTransmitted().forEach(TestPackets::assertRight);
      assertEquals(0, client.count(Counter.SEGMENTED_FRAMES));
      driver.stopWithoutATrace();
    }
  }

  @Test
  void theDriverItselfCutsWhatTheDeviceCannotHoweverSmallTheRing() {
    try (var driver = DriverOnModel.of(ModelSettings.modern())) {
      var client = driver.connected();
      client.in().sendNext(largeFrame());
      client.in().sendNext(Frame.wrap(bytes(1, 60)));
      until("all are sent", () -> client.count(Counter.TRANSMITTED_FRAMES) == SEGMENTS + 1);
      List<byte[]> sent = new ArrayList<>(driver.device().takeTransmitted());
      assertArrayEquals(bytes(1, 60), sent.removeLast());
      sent.forEach(TestPackets::assertRight);
      assertEquals(1, client.count(Counter.SEGMENTED_FRAMES));
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aFrameWithAnOffloadThatCannotBeTrueIsRefusedWithTheReasonAndTheNextOneSent() {
    try (var log = new CapturedLog(Level.WARN);
        var driver = DriverOnModel.of(device())) {
      var client = driver.connected();
      Frame wrong = Frame.wrap(bytes(1, 60)).offload(Offload.checksum(34, 40));
      client.in().sendNext(wrong);
      client.in().sendNext(Frame.wrap(bytes(2, 60)));
      until("the second is sent", () -> client.count(Counter.TRANSMITTED_FRAMES) == 1);
      assertArrayEquals(bytes(2, 60), driver.device().takeTransmitted().getFirst());
      assertEquals(1, client.count(Counter.REFUSED_OFFLOAD));
      assertTrue(wrong.isReleased());
      assertEquals(1, log.lines(Level.WARN, "its checksum lies beyond its end").size());
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aFrameWhoseLastBuffersNeverComeIsGivenUpAndCounted() {
    try (var driver = DriverOnModel.with("virtionet.buffer-size = 4 KiB", device())) {
      var client = driver.connected();
      driver.device().deliverMerged(LARGE, LARGE_PACKET, Integer.MAX_VALUE, 1);
      driver.device().signal(driver.device().ring(0));
      until("it is given up", () -> client.count(Counter.DROPPED_INCOMPLETE) == 1);
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aStreamFailsWhenItsFramesOffloadCannotBeTrueAndTheFrameIsReleased() {
    try (var driver = DriverOnModel.of(device())) {
      var client = driver.client(driver.net().flow().join(SoftwareOffload.bidi()));
      client.connected();
      Frame wrong = Frame.wrap(bytes(1, 60)).offload(Offload.checksum(34, 40));
      client.in().sendNext(wrong);
      assertTrue(String.valueOf(client.error().getMessage()).contains("beyond its end"));
      assertTrue(wrong.isReleased());
      driver.stopWithoutATrace();
    }
  }
}
