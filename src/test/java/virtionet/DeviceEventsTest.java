package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import akka.stream.testkit.TestSubscriber;
import akka.stream.testkit.javadsl.TestSink;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtionet.driver.DeviceEvent;
import virtionet.driver.DeviceEvent.LinkChanged;
import virtionet.driver.DeviceEvent.MacChanged;
import virtionet.driver.DeviceEvent.MtuChanged;
import virtionet.net.Link;
import virtionet.net.Link.Duplex;
import virtionet.net.MacAddress;
import virtionet.stream.EthernetConnection;
import virtionet.testing.DriverOnModel;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelSettings;
import virtionet.testing.Requirement;

/** What happens to a device, as a stream. */
class DeviceEventsTest {
  private static final ModelSettings DEVICE =
      ModelSettings.modern()
          .offering(ModelSettings.CONTROL | ModelSettings.SPEED_DUPLEX)
          .withMtu(1400);
  private static final MacAddress DEVICES = MacAddress.parse("52:54:00:12:34:56");
  private static final MacAddress STATION = MacAddress.parse("02:00:00:00:00:11");

  private static TestSubscriber.Probe<DeviceEvent> listen(
      DriverOnModel driver, EthernetConnection connection) {
    return connection.events().runWith(TestSink.create(driver.system()), driver.system());
  }

  private static LinkChanged link(boolean up, long speed) {
    return new LinkChanged(new Link(up, OptionalLong.of(speed), Duplex.FULL));
  }

  @Test
  @Requirement({"NETCFG-DRV-06", "NETCFG-DRV-13", "INIT-IMP-01"})
  void aSubscriberHearsHowItIsAndThenEachChange() {
    try (var driver = DriverOnModel.of(DEVICE)) {
      EthernetConnection connection = driver.connected().connected();
      TestSubscriber.Probe<DeviceEvent> early = listen(driver, connection);
      early.request(100);
      early.expectNext(link(true, 1000));
      early.expectNext(new MtuChanged(1400));
      early.expectNext(new MacChanged(DEVICES));

      driver.device().setLink(false);
      early.expectNext(link(false, 1000));
      driver.device().setSpeed(2500, 1);
      early.expectNext(link(false, 2500));
      DriverOnModel.await(connection.control().setMac(STATION));
      early.expectNext(new MacChanged(STATION));

      TestSubscriber.Probe<DeviceEvent> late = listen(driver, connection);
      late.request(100);
      late.expectNext(link(false, 2500));
      late.expectNext(new MtuChanged(1400));
      late.expectNext(new MacChanged(STATION));

      DriverOnModel.await(driver.net().stop());
      early.expectComplete();
      late.expectComplete();
    }
  }

  @Test
  void aSlowSubscriberHearsTheLatestOfEachKind() {
    try (var driver = DriverOnModel.of(DEVICE)) {
      EthernetConnection connection = driver.connected().connected();
      TestSubscriber.Probe<DeviceEvent> slow = listen(driver, connection);
      for (int speed = 1; speed <= 50; speed++) {
        driver.device().setSpeed(speed, 1);
      }
      DriverOnModel.until(
          "the last is seen", () -> connection.link().equals(link(true, 50).link()));
      DriverOnModel.await(connection.control().setMac(STATION));
      assertEquals(
          Set.of(link(true, 50), new MtuChanged(1400), new MacChanged(STATION)),
          Stream.generate(slow::requestNext).limit(3).collect(Collectors.toSet()));
      slow.cancel();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0x7fffffff, 1, 2147483647, FULL",
    "0x80000000, 0, , HALF",
    "0xffffffff, 2, , UNKNOWN",
    "0, 255, 0, UNKNOWN"
  })
  @Requirement({"NETCFG-DRV-11", "NETCFG-DRV-12"})
  @Misbehaviour("H98")
  void speedAndDuplexThatThereCannotBeAreUnknown(
      String speed, int duplex, String known, Duplex expected) {
    try (var driver = DriverOnModel.of(DEVICE)) {
      EthernetConnection connection = driver.connected().connected();
      driver.device().setSpeed(Long.decode(speed).intValue(), duplex);
      OptionalLong mbits =
          known == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(known));
      DriverOnModel.until("seen", () -> connection.link().equals(new Link(true, mbits, expected)));
    }
  }

  @Test
  void whoeverSubscribesToALostDeviceHearsHowItWasAndTheEnd() {
    try (var driver = DriverOnModel.of(DEVICE)) {
      EthernetConnection connection = driver.connected().connected();
      DriverOnModel.await(driver.net().stop());
      TestSubscriber.Probe<DeviceEvent> late = listen(driver, connection);
      late.request(100);
      assertInstanceOf(LinkChanged.class, late.expectNext());
      assertEquals(
          List.of(new MtuChanged(1400), new MacChanged(DEVICES)),
          List.of(late.expectNext(), late.expectNext()));
      late.expectComplete();
    }
  }
}
