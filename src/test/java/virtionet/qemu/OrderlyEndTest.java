package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import akka.stream.testkit.javadsl.TestSink;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.machine.Slot;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.testing.Patience;
import virtionet.testing.RequiresQemu;
import virtionet.testing.TestBytes;
import virtionet.testing.Variant;
import virtionet.testing.Wire;

/**
 * The end that the actor system's shutdown brings. That each device's Status reads 0 when its
 * memory is about to be unmapped, and that nothing is left behind, is checked at each close.
 */
@RequiresQemu
class OrderlyEndTest {

  @ParameterizedTest
  @EnumSource
  void theDeviceIsResetInTheMidstOfTrafficBeforeItsMemoryGoes(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire))) {
      var stream =
          Source.repeat(TestBytes.frame(0, 1000))
              .map(Frame::copyOf)
              .viaMat(driver.net().flow(), Keep.right())
              .toMat(Sink.foreach(Frame::release), Keep.both())
              .run(driver.system());
      var connection = Patience.answer(stream.first());
      Patience.until(
          "traffic",
          () -> connection.counters().getOrDefault(Counter.TRANSMITTED_FRAMES, 0L) > 1000);
      // Some of these may wait for the stream when it ends.
      driver.holdFrames();
      for (int i = 0; i < 200; i++) {
        wire.send(TestBytes.frame(i, 200));
      }
      Slot slot = driver.device().info().slot();
      assertNotEquals(0, driver.machine().status(slot), "the device is in use");
    }
  }

  @Test
  void framesThatAClientStillHoldsCannotBeTouchedAfterTheEnd() throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(Variant.RISCV64_MODERN.options(wire))) {
      var stream =
          driver
              .net()
              .source()
              .toMat(TestSink.create(driver.system()), Keep.both())
              .run(driver.system());
      Patience.answer(stream.first());
      List<Frame> held = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        wire.send(TestBytes.frame(i, 100));
        held.add(stream.second().requestNext());
      }
      driver.holdFrames();
      driver.end();
      for (Frame frame : held) {
        assertThrows(IllegalStateException.class, frame::toByteArray);
        frame.release();
      }
    }
  }

  @Test
  void stoppingTheDriverTwiceStopsItOnce() throws Exception {
    try (var driver = DriverOnQemu.start(Variant.RISCV64_MODERN.options())) {
      var first = driver.net().stop();
      var second = driver.net().stop();
      Patience.answer(first);
      Patience.answer(second);
      Patience.answer(driver.net().stop());
    }
  }
}
