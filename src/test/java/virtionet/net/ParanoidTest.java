package virtionet.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.net.CoalescingCommand.GetQueue;
import virtionet.net.CoalescingCommand.SetQueue;
import virtionet.testing.DeviceSideRing;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelOffloads.Header;
import virtionet.testing.ModelSettings;
import virtionet.testing.TestPackets;
import virtionet.testing.TestPackets.Kind;

/** Frames out of the device's reach, and frames within it: what a device that rewrites can do. */
class ParanoidTest {
  private static final Header PLAIN = new Header(0, 0, 0, 0, 0, 0, 0);
  private static final Kind TCP = Kind.tcpV4();

  static List<ModelSettings> devices() {
    return NetDeviceTest.devices().toList();
  }

  private static TestDevice up(ModelSettings device, ReceivedFrames shape, boolean paranoid) {
    var settings = new NetSettings(8, 8, 2048, Duration.ofMillis(50), Set.of());
    return TestDevice.up(device, settings.with(shape).withParanoid(paranoid));
  }

  private static TestDevice paranoid(ModelSettings device) {
    return up(device, ReceivedFrames.COMPLETE, true);
  }

  private static List<Frame> take(TestDevice up, int budget) {
    List<Frame> frames = new ArrayList<>();
    up.device().receiveQueue().receive(frames::add, budget);
    return frames;
  }

  @ParameterizedTest
  @MethodSource("devices")
  @Misbehaviour("H57")
  void aReceivedFrameIsMemoryOfTheJvmAndItsBufferIsTheDevicesAgainAtOnce(ModelSettings device) {
    try (TestDevice up = paranoid(device)) {
      int posted = up.device().receiveQueue().posted();
      for (int number = 0; number < 20; number++) {
        assertTrue(up.model().receive(TestDevice.frame(number, 100)));
        Frame frame = take(up, 8).getFirst();
        assertFalse(frame.segment().isNative());
        assertArrayEquals(TestDevice.frame(number, 100), frame.toByteArray());
        assertEquals(posted, up.device().receiveQueue().posted());
        assertEquals(0, up.device().lentBuffers());
        frame.release();
      }
      assertEquals(20, up.count(Counter.COPIED_FRAMES));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Misbehaviour("H57")
  void aHeaderThatChangesBetweenAFramesFirstBufferAndItsLastStaysAsItWasRead(boolean copies) {
    ModelSettings device = ModelSettings.modern().offering(ModelSettings.MRG_RXBUF);
    try (TestDevice up = up(device, ReceivedFrames.COMPLETE, copies)) {
      DeviceSideRing ring = up.model().ring(0);
      DeviceSideRing.Chain first = ring.take().orElseThrow();
      DeviceSideRing.Chain last = ring.take().orElseThrow();
      first.write(Arrays.copyOf(PLAIN.withBuffers(2).bytes(12), 112));
      ring.use(first.head(), 112);
      assertEquals(List.of(), take(up, 8));
      // Of seven buffers, and to be cut in a way that nobody agreed on.
      first.write(new Header(1, 5, 0, 0, 0, 0, 0).withBuffers(7).bytes(12));
      last.write(new byte[50]);
      ring.use(last.head(), 50);
      Frame frame = take(up, 8).getFirst();
      assertEquals(150, frame.length());
      assertEquals(Offload.NONE, frame.offload());
      frame.release();
      assertEquals(0, up.count(Counter.DROPPED_BAD_HEADER));
    }
  }

  /** The device writes all the time; which of its bytes are read is chance, but that once. */
  @Test
  @Misbehaviour("H57")
  void whatIsSaidOfAFrameIsTrueOfTheVeryBytesThatTheClientGets() throws InterruptedException {
    try (TestDevice up = up(OffloadFrames.device(), ReceivedFrames.AS_GIVEN, true)) {
      OffloadFeatures all = OffloadFeatures.of(up.device().features());
      byte[] packet = TestPackets.packet(TCP, 1400, 1, TestPackets.ACK);
      byte[] header = OffloadFrames.header(TCP, 700).withBuffers(1).bytes(12);
      byte[] both = Arrays.copyOf(header, 12 + packet.length);
      System.arraycopy(packet, 0, both, 12, packet.length);
      int offset = 12 + TCP.transportStart() + Packet.TCP_DATA_OFFSET;
      DeviceSideRing ring = up.model().ring(0);
      int accepted = 0;
      for (int round = 0; round < 2_000; round++) {
        DeviceSideRing.Chain chain = ring.take().orElseThrow();
        chain.write(both);
        var done = new AtomicBoolean();
        Thread device =
            Thread.ofPlatform()
                .start(
                    () -> {
                      var lengths = new SplittableRandom(offset);
                      while (!done.get()) {
                        both[offset] = (byte) (lengths.nextInt(16) << 4);
                        chain.write(both);
                      }
                    });
        ring.use(chain.head(), both.length);
        for (Frame frame : take(up, 8)) {
          accepted++;
          Offload offload = frame.offload();
          assertTrue(OffloadRules.accepts(frame, offload, all));
          assertEquals(
              Packet.headerLength(frame, offload.checksumStart(), true), offload.headerLength());
          frame.release();
        }
        done.set(true);
        device.join();
        both[offset] = packet[offset - 12];
      }
      assertTrue(accepted > 100, "only " + accepted + " were accepted");
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  @Misbehaviour({"H57", "H84"})
  void theSameFramesAreAcceptedAndDroppedForTheSameReasonsAsWithoutTheCopy(long seed) {
    List<byte[]> given = new ArrayList<>();
    List<byte[]> copied = new ArrayList<>();
    assertEquals(arbitrary(seed, false, given), arbitrary(seed, true, copied));
    assertEquals(given.size(), copied.size());
    for (int i = 0; i < given.size(); i++) {
      assertArrayEquals(given.get(i), copied.get(i));
    }
    assertTrue(given.size() > 50, "only " + given.size() + " were accepted");
  }

  /** The counters of what was received and dropped of arbitrary frames. */
  private static Map<Counter, Long> arbitrary(long seed, boolean paranoid, List<byte[]> frames) {
    var random = new SplittableRandom(seed);
    try (TestDevice up = up(OffloadFrames.device(), ReceivedFrames.COMPLETE, paranoid)) {
      DeviceSideRing ring = up.model().ring(0);
      for (int round = 0; round < 2_000; round++) {
        DeviceSideRing.Chain chain = ring.take().orElseThrow();
        byte[] bytes = new byte[random.nextInt(0, 300)];
        random.nextBytes(bytes);
        if (bytes.length > 12 && random.nextBoolean()) {
          boolean plain = random.nextBoolean();
          bytes[0] = (byte) (plain ? 0 : random.nextInt(8));
          bytes[1] = (byte) (plain ? 0 : random.nextInt(3));
          bytes[10] = (byte) (plain ? 1 : random.nextInt(4));
          bytes[11] = 0;
        }
        chain.write(bytes);
        ring.use(chain.head(), random.nextInt(8) == 0 ? 4_000 : bytes.length);
        frames.addAll(up.receive(8));
        if (random.nextInt(20) == 0) {
          up.device().receiveQueue().dropOverdue();
          up.device().receiveQueue().dropOverdue();
        }
      }
      Map<Counter, Long> counts = new EnumMap<>(up.device().snapshot());
      counts.keySet().removeIf(counter -> counter == Counter.COPIED_FRAMES);
      return counts;
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  @Misbehaviour("H57")
  void aFrameToTransmitIsMadeWhereTheDeviceDoesNotSeeItAndCopiedWhenItIsSent(ModelSettings device) {
    try (TestDevice up = paranoid(device)) {
      Frame frame = up.device().transmitQueue().allocate(100).orElseThrow();
      assertFalse(frame.segment().isNative());
      assertArrayEquals(new byte[100], frame.toByteArray(), "nothing of earlier frames");
      frame.segment().copyFrom(MemorySegment.ofArray(TestDevice.frame(1, 100)));
      assertEquals(TransmitQueue.Outcome.QUEUED, up.device().transmitQueue().send(frame));
      up.device().transmitQueue().flush();
      assertArrayEquals(TestDevice.frame(1, 100), up.model().takeTransmitted().getFirst());
      up.device().transmitQueue().reap();
      assertEquals(1, up.count(Counter.TRANSMIT_COPIES));
      FrameBatch batch = FrameBatch.ofCapacity(2);
      assertEquals(2, up.device().transmitQueue().allocate(batch, 2, 100));
      assertFalse(batch.segment(1).isNative());
      batch.release();
      assertTrue(up.device().transmitQueue().allocate(1 << 20).isEmpty());
      assertTrue(up.device().transmitQueue().allocate(-1).isEmpty());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Misbehaviour("H57")
  void theAnswerToACommandIsACopyInAnyCase(boolean copies) {
    ModelSettings device = ModelSettings.modern().offering(ModelSettings.CONTROL);
    try (TestDevice up = up(device, ReceivedFrames.COMPLETE, copies)) {
      ControlQueue queue = up.device().controlQueue().orElseThrow();
      var coalescing = new Coalescing(7, 20);
      queue.submit(new SetQueue(1, coalescing));
      assertInstanceOf(ControlOutcome.Accepted.class, queue.poll().orElseThrow());
      var get = new GetQueue(1);
      queue.submit(get);
      var answer = assertInstanceOf(ControlOutcome.Accepted.class, queue.poll().orElseThrow());
      // All that the device can reach; the rings are put back for the end.
      MemorySegment shared = up.machine().view().block();
      byte[] before = shared.toArray(ValueLayout.JAVA_BYTE);
      shared.fill((byte) 0xa5);
      assertEquals(coalescing, get.decode(answer.reply()));
      shared.copyFrom(MemorySegment.ofArray(before));
    }
  }
}
