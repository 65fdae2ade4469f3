package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.TestBytes.LONGEST;
import static virtionet.testing.TestBytes.MTU;
import static virtionet.testing.TestBytes.SHORTEST;

import akka.stream.javadsl.Keep;
import akka.stream.testkit.TestSubscriber;
import akka.stream.testkit.javadsl.TestSink;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.stream.EthernetConnection;
import virtionet.testing.FrameEnd;
import virtionet.testing.Patience;
import virtionet.testing.RequiresQemu;
import virtionet.testing.TestBytes;
import virtionet.testing.Variant;
import virtionet.testing.Wire;

/** Frames between the driver and a wire that the test holds in its hands. */
@RequiresQemu
class WireTest {
  private static final int BEYOND_16_BITS = 70_000;
  private static final String[] SMALL_RINGS = {"receive-queue-size = 8", "transmit-queue-size = 8"};

  @ParameterizedTest
  @EnumSource
  void framesOfEachLengthArriveUnchangedBothWays(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire));
        var station = driver.station()) {
      assertEquals(MTU, station.connection().mtu());
      int lengths = LONGEST - SHORTEST + 1;
      station.carry(wire, lengths, TestBytes.ofEachLength());
      wire.carry(station, lengths, TestBytes.ofEachLength());
    }
  }

  @ParameterizedTest
  @EnumSource
  void burstsFarLargerThanTheRingArriveWholeAndInOrder(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire), SMALL_RINGS);
        var station = driver.station()) {
      for (int round = 0; round < 5; round++) {
        station.carry(wire, 200, 200, TestBytes.ofLength(60));
        wire.carry(station, 200, 200, TestBytes.ofLength(60));
      }
      assertTrue(station.count(Counter.TRANSMIT_RING_FULL) > 0, "the ring was never full");
    }
  }

  @ParameterizedTest
  @EnumSource
  void theRingsIndicesWrapInBothDirectionsAtOnce(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire), SMALL_RINGS);
        var station = driver.station();
        var inward = Executors.newSingleThreadExecutor()) {
      Future<?> arrived =
          inward.submit(
              () -> {
                wire.carry(station, BEYOND_16_BITS, TestBytes.ofLength(60));
                return null;
              });
      station.carry(wire, BEYOND_16_BITS, TestBytes.ofLength(64));
      arrived.get();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aConsumerThatDoesNotPullLosesTheNewestAndEachLossIsCounted(Variant variant)
      throws Exception {
    int handOff = 16;
    int sent = 500;
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire), "receive-hand-off = " + handOff)) {
      var stream =
          driver
              .net()
              .source()
              .toMat(TestSink.create(driver.system()), Keep.both())
              .run(driver.system());
      EthernetConnection connection = Patience.answer(stream.first());
      TestSubscriber.Probe<Frame> consumer = stream.second();
      consumer.ensureSubscription();

      for (int i = 0; i < sent; i++) {
        int number = i;
        Patience.until("the driver keeps up", () -> number - handled(connection) < FrameEnd.WINDOW);
        wire.send(TestBytes.frame(i, 100));
      }
      Patience.until("each frame is accounted for", () -> handled(connection) == sent);
      assertEquals(handOff, count(connection, Counter.DELIVERED_FRAMES));
      assertEquals(sent - handOff, count(connection, Counter.DROPPED_HANDOFF_FULL));

      for (int i = 0; i < handOff; i++) {
        assertArrayEquals(TestBytes.frame(i, 100), take(consumer));
      }
      wire.send(TestBytes.frame(sent, 100));
      assertArrayEquals(TestBytes.frame(sent, 100), take(consumer), "a frame after the overflow");
      consumer.cancel();
    }
  }

  private static byte[] take(TestSubscriber.Probe<Frame> consumer) {
    Frame frame = consumer.requestNext();
    byte[] bytes = frame.toByteArray();
    frame.release();
    return bytes;
  }

  private static long handled(EthernetConnection connection) {
    return count(connection, Counter.DELIVERED_FRAMES)
        + count(connection, Counter.DROPPED_HANDOFF_FULL);
  }

  private static long count(EthernetConnection connection, Counter counter) {
    return connection.counters().getOrDefault(counter, 0L);
  }
}
