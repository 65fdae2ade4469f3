package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.TestBytes.LONGEST;
import static virtionet.testing.TestBytes.MTU;
import static virtionet.testing.TestBytes.SHORTEST;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.net.Counter;
import virtionet.net.Frame;
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
      var client = PullingClient.connect(driver);
      for (int i = 0; i < sent; i++) {
        int number = i;
        Patience.until(
            "the driver keeps up",
            () -> number - client.count(Counter.RECEIVED_FRAMES) < FrameEnd.WINDOW);
        wire.send(TestBytes.frame(i, 100));
      }
      Patience.until(
          "each frame that finds no room is dropped",
          () -> client.count(Counter.DROPPED_HANDOFF_FULL) == sent - handOff);
      assertEquals(sent, client.count(Counter.RECEIVED_FRAMES));

      for (int i = 0; i < handOff; i++) {
        assertArrayEquals(TestBytes.frame(i, 100), client.take());
      }
      assertEquals(handOff, client.count(Counter.DELIVERED_FRAMES));
      wire.send(TestBytes.frame(sent, 100));
      assertArrayEquals(TestBytes.frame(sent, 100), client.take(), "a frame after the overflow");
    }
  }

  @ParameterizedTest
  @EnumSource
  void framesInDeviceMemoryAreSentWithoutACopy(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire), SMALL_RINGS);
        var station = driver.station()) {
      for (int i = 0; i < 100; i++) {
        byte[] bytes = TestBytes.ofEachLength().apply(i);
        Frame frame = station.connection().allocate(bytes.length);
        frame.segment().copyFrom(MemorySegment.ofArray(bytes));
        station.send(frame);
        assertArrayEquals(bytes, wire.receive());
      }
      assertEquals(0, station.count(Counter.TRANSMIT_COPIES));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFrameOfALengthThatTheLinkCannotCarryIsRefusedAndTheNextOneSent(Variant variant)
      throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire));
        var station = driver.station()) {
      station.send(new byte[SHORTEST - 1]);
      station.send(new byte[0]);
      station.send(TestBytes.frame(0, LONGEST + 1));
      station.carry(wire, 1, TestBytes.ofLength(60));
      assertEquals(2, station.count(Counter.REFUSED_SHORT));
      assertEquals(1, station.count(Counter.REFUSED_LONG));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRuntFromTheWireIsDroppedAndCountedAndTheNextFrameComes(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire));
        var station = driver.station()) {
      wire.send(new byte[SHORTEST - 1]);
      wire.carry(station, 1, TestBytes.ofLength(60));
      assertEquals(1, station.count(Counter.DROPPED_RUNT));
    }
  }
}
