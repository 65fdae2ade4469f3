package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.stream.javadsl.Keep;
import akka.stream.testkit.TestSubscriber;
import akka.stream.testkit.javadsl.TestSink;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.net.Counter;
import virtionet.net.Link;
import virtionet.stream.EthernetConnection;
import virtionet.testing.Patience;
import virtionet.testing.RequiresQemu;
import virtionet.testing.TestBytes;
import virtionet.testing.Variant;
import virtionet.testing.Wire;

/** The link's state, which QEMU is told over its machine protocol to change. */
@RequiresQemu
class LinkTest {

  @ParameterizedTest
  @EnumSource
  void downAndUpAgainReachWhoeverListensAndTheLateOneHearsHowItIs(Variant variant)
      throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire));
        var station = driver.station()) {
      TestSubscriber.Probe<Link> early = listen(driver, station.connection());
      assertTrue(next(early).up(), "up at the start");

      setLink(driver, false);
      assertEquals(false, next(early).up());
      assertEquals(false, station.connection().link().up());
      TestSubscriber.Probe<Link> late = listen(driver, station.connection());
      assertEquals(false, next(late).up(), "what a late listener hears first");

      setLink(driver, true);
      assertTrue(next(early).up());
      assertTrue(next(late).up());
      Patience.until("both are counted", () -> station.count(Counter.LINK_CHANGES) == 2);
      station.carry(wire, 100, TestBytes.ofLength(60));
      wire.carry(station, 100, TestBytes.ofLength(60));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDriverThatFindsTheLinkDownSaysSo(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire))) {
      setLink(driver, false);
      Patience.until("the link is down", () -> !driver.device().links().link().up());
      try (var station = driver.station()) {
        assertEquals(false, station.connection().link().up());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void listenersEndWithTheDevice(Variant variant) throws Exception {
    try (var driver = DriverOnQemu.start(variant.options());
        var station = driver.station()) {
      TestSubscriber.Probe<Link> listener = listen(driver, station.connection());
      assertTrue(next(listener).up());
      Patience.answer(driver.net().stop());
      listener.request(1);
      listener.expectComplete();
    }
  }

  private static TestSubscriber.Probe<Link> listen(
      DriverOnQemu driver, EthernetConnection connection) {
    return connection
        .links()
        .toMat(TestSink.create(driver.system()), Keep.right())
        .run(driver.system());
  }

  private static Link next(TestSubscriber.Probe<Link> listener) {
    return listener.requestNext();
  }

  private static void setLink(DriverOnQemu driver, boolean up) {
    driver.qemu().execute("set_link", Map.of("name", "net0", "up", up));
  }
}
