package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.driver.Device;
import virtionet.driver.DeviceLostException;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.stream.ConnectionRefusedException;
import virtionet.stream.EthernetConnection;
import virtionet.testing.Patience;
import virtionet.testing.RequiresQemu;
import virtionet.testing.TestBytes;
import virtionet.testing.Variant;
import virtionet.testing.Wire;

/** QEMU gone in the midst of traffic; that nothing is left behind is checked at each close. */
@RequiresQemu
class LostMachineTest {
  /** How a shell tells of a process that was killed: 128 and the number of the signal. */
  private static final String KILLED = "ended with code 137";

  @ParameterizedTest
  @EnumSource
  void streamsFailAndSayThatQemuWasKilled(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire))) {
      long pid = driver.qemu().pid();
      var stream =
          Source.repeat(TestBytes.frame(0, 200))
              .map(Frame::copyOf)
              .viaMat(driver.net().flow(), Keep.right())
              .toMat(Sink.foreach(Frame::release), Keep.both())
              .run(driver.system());
      EthernetConnection connection = Patience.answer(stream.first());
      Patience.until(
          "traffic",
          () -> connection.counters().getOrDefault(Counter.TRANSMITTED_FRAMES, 0L) > 1000);
      for (int i = 0; i < 200; i++) {
        wire.send(TestBytes.frame(i, 200));
      }
      driver.kill();

      String lost = Patience.failure(DeviceLostException.class, stream.second());
      assertTold(lost, pid);
      var failed = assertInstanceOf(Device.Failed.class, driver.devices().getFirst());
      assertTold(failed.reason(), pid);
      String late =
          Patience.failure(ConnectionRefusedException.class, driver.connect(driver.net().flow()));
      assertTold(late, pid);
      assertEquals(connection.name(), failed.slot().name());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aQemuThatQuitsByItselfIsALossAsWell(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire));
        var station = driver.station()) {
      driver.quit();
      String lost = Patience.failure(DeviceLostException.class, station.ended());
      assertTrue(lost.contains("ended with code 0"), lost);
    }
  }

  private static void assertTold(String reason, long pid) {
    assertTrue(reason.contains("QEMU (process %d) %s".formatted(pid, KILLED)), reason);
  }
}
