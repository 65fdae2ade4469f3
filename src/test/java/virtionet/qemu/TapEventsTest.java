package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.testkit.TestSubscriber;
import akka.stream.testkit.javadsl.TestSink;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.driver.DeviceEvent;
import virtionet.driver.DeviceHandle;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.net.Link;
import virtionet.net.MacAddress;
import virtionet.tcpip.Ipv4Address;
import virtionet.tcpip.Ipv4Interface;
import virtionet.tcpip.TcpIp;
import virtionet.tcpip.TcpIpSettings;
import virtionet.testing.Patience;
import virtionet.testing.Requirement;
import virtionet.testing.RequiresQemu;
import virtionet.testing.RequiresTap;
import virtionet.testing.TapNamespace;
import virtionet.testing.Variant;

/** What the device tells of itself, with Linux at the far end as the witness. */
@RequiresQemu
@RequiresTap
class TapEventsTest {
  private static final MacAddress FOREIGN = MacAddress.parse("02:00:00:00:00:11");
  private static final int UDP_OVER_IPV4 = 28;
  private static final int LARGE = 1_400;

  @ParameterizedTest
  @EnumSource(names = {"RISCV64_MODERN", "RISCV64_LEGACY", "AARCH64_MODERN"})
  @Requirement({"CVQANN-DRV-01", "CVQANN-DRV-02"})
  void linuxLearnsWhereOurAddressIsWhenQemuAsksForAnAnnouncement(Variant variant) throws Exception {
    try (var tap = TapNamespace.create();
        var driver = DriverOnQemu.start(tap.apply(variant.options()))) {
      DeviceHandle device = driver.device();
      MacAddress own = device.events().mac();
      tap.awaitUp();
      try (TcpIp stack =
          TcpIp.start(
              driver.system(), driver.net().flow(), TcpIpSettings.of(own, device.events().mtu()))) {
        believe(tap, FOREIGN);
        Patience.answer(
            stack.configure(Ipv4Interface.of(Ipv4Address.parse(TapNamespace.OURS_V4), 24)));
        // Taking an address is announced as well.
        awaitBelieved(tap, own);
        device.control().announceBy(stack::announce);

        believe(tap, FOREIGN);
        assertEquals(Optional.of(FOREIGN), tap.ourStation());
        // QEMU's own announcements are RARP, of which Linux learns no IP address.
        driver
            .qemu()
            .execute("announce-self", Map.of("initial", 50, "max", 100, "rounds", 3, "step", 10));
        awaitBelieved(tap, own);
        Patience.until(
            "QEMU asked again, as it does once the first time was acknowledged",
            () -> device.counters().getOrDefault(Counter.ANNOUNCEMENTS, 0L) > 1);
      }
    }
  }

  /** Makes Linux believe in a station, until it is told better. */
  private static void believe(TapNamespace tap, MacAddress mac) throws Exception {
    tap.ip(
        "neighbour",
        "replace",
        TapNamespace.OURS_V4,
        "lladdr",
        mac.toString(),
        "dev",
        TapNamespace.TAP,
        "nud",
        "stale");
  }

  private static void awaitBelieved(TapNamespace tap, MacAddress mac) {
    Patience.until(
        "Linux believes in " + mac, () -> tap.ourStation().filter(mac::equals).isPresent());
  }

  @ParameterizedTest
  @EnumSource(names = {"RISCV64_MODERN", "RISCV64_LEGACY", "AARCH64_MODERN"})
  void whileTheLinkIsDownNothingPassesEitherWayAndThenAllDoes(Variant variant) throws Exception {
    try (var tap = TapNamespace.create();
        var driver = DriverOnQemu.start(tap.apply(variant.options()));
        var station = FrameStation.connect(driver);
        var linux = LinuxUdp.open(tap)) {
      MacAddress own = station.connection().mac();
      tap.awaitUp();
      tap.neighbour(own.toString());
      TestSubscriber.Probe<Link> links =
          station
              .connection()
              .links()
              .toMat(TestSink.create(driver.system()), Keep.right())
              .run(driver.system());
      assertEquals(true, links.requestNext().up());
      assertPasses(linux, station, "at the start");

      setLink(driver, false);
      assertEquals(false, links.requestNext().up());
      // Lost, and not late: QEMU has taken both before the link is up again.
      long taken = tap.taken();
      linux.send("down".repeat(LARGE / 4));
      Patience.until("QEMU took what Linux sent", () -> tap.taken() >= taken + LARGE);
      long transmitted = station.count(Counter.TRANSMITTED_FRAMES);
      station.send(Frame.wrap(linux.frameToHere(own, "while it is down")));
      Patience.until(
          "QEMU took what we sent", () -> station.count(Counter.TRANSMITTED_FRAMES) > transmitted);

      setLink(driver, true);
      assertEquals(true, links.requestNext().up());
      assertPasses(linux, station, "up again");
      Patience.until("both are counted", () -> station.count(Counter.LINK_CHANGES) == 2);
    }
  }

  /** What comes next on either side is this. */
  private static void assertPasses(LinuxUdp linux, FrameStation station, String text)
      throws Exception {
    MacAddress own = station.connection().mac();
    linux.send(text);
    assertEquals(new LinuxUdp.Arrived(own, 0, text), LinuxUdp.next(station));
    station.send(Frame.wrap(linux.frameToHere(own, text)));
    assertEquals(text, linux.receive());
  }

  private static void setLink(DriverOnQemu driver, boolean up) {
    driver.qemu().execute("set_link", Map.of("name", "net0", "up", up));
  }

  /** Only a modern device has room for the feature that tells its speed. */
  @ParameterizedTest
  @EnumSource(names = {"RISCV64_MODERN", "AARCH64_MODERN"})
  void theHostsMtuAndSpeedAreToldAndLinuxGetsFramesUpToThatMtu(Variant variant) throws Exception {
    int mtu = 1400;
    var options =
        variant
            .options()
            .withDevices("virtio-net-device,netdev=net0,host_mtu=1400,speed=2500,duplex=full");
    try (var tap = TapNamespace.create();
        var driver = DriverOnQemu.start(tap.apply(options));
        var station = FrameStation.connect(driver);
        var linux = LinuxUdp.open(tap)) {
      MacAddress own = station.connection().mac();
      tap.awaitUp();
      var link = new Link(true, OptionalLong.of(2500), Link.Duplex.FULL);
      assertEquals(
          Set.of(
              new DeviceEvent.LinkChanged(link),
              new DeviceEvent.MtuChanged(mtu),
              new DeviceEvent.MacChanged(own)),
          new HashSet<>(firstEvents(driver, station)));
      assertEquals(mtu, station.connection().mtu());
      assertEquals(link, station.connection().link());

      // The tap device would take both: its own MTU is 1500.
      String fits = "x".repeat(mtu - UDP_OVER_IPV4);
      byte[] tooLong = linux.frameToHere(own, fits + "y");
      assertEquals(mtu + 1 + Frame.HEADER_LENGTH, tooLong.length);
      station.send(Frame.wrap(tooLong));
      station.send(Frame.wrap(linux.frameToHere(own, fits)));
      assertEquals(fits, linux.receive());
      assertEquals(1, station.count(Counter.REFUSED_LONG));
    }
  }

  private static List<DeviceEvent> firstEvents(DriverOnQemu driver, FrameStation station) {
    return Patience.answer(
        station.connection().events().take(3).runWith(Sink.seq(), driver.system()));
  }
}
