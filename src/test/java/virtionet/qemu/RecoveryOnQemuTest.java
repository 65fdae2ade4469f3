package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.stream.javadsl.Sink;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtionet.driver.DeviceEvent;
import virtionet.driver.DeviceEvent.Recovered;
import virtionet.driver.DeviceEvent.Recovering;
import virtionet.driver.Fault;
import virtionet.machine.Registers;
import virtionet.machine.Slot;
import virtionet.net.Counter;
import virtionet.testing.Patience;
import virtionet.testing.RequiresQemu;
import virtionet.testing.TestBytes;
import virtionet.testing.Variant;
import virtionet.testing.Wire;

/** A device of QEMU that cannot go on is started again, and its clients' streams go on. */
@RequiresQemu
class RecoveryOnQemuTest {
  private static final String RECOVERS = "recovery.max-restarts = 10";
  private static final long QUEUE_NOTIFY = 0x050;
  private static final int TRANSMIT_QUEUE_SIZE = 256;

  private static List<DeviceEvent> events(DriverOnQemu driver, Station station) {
    var events = new CopyOnWriteArrayList<DeviceEvent>();
    station.connection().events().runWith(Sink.foreach(events::add), driver.system());
    return events;
  }

  private static <T extends DeviceEvent> List<T> of(List<DeviceEvent> events, Class<T> kind) {
    return events.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private static void assertCarriesFrames(Station station, Wire wire) throws Exception {
    station.carry(wire, 200, TestBytes.ofLength(200));
    wire.carry(station, 200, TestBytes.ofLength(200));
  }

  /** Gives the device a descriptor that there is not: it stops, and asks to be reset. */
  private static void breakRing(DriverOnQemu driver) {
    long ring = driver.machine().availableRing(1);
    Slot page = new Slot("memory", ring, 0x1000, OptionalInt.empty(), true);
    Registers memory = driver.qemu().access(page);
    int index = memory.read32(0) >>> 16;
    int place = 4 + 2 * (index % TRANSMIT_QUEUE_SIZE);
    int shift = 8 * (place & 2);
    int word = memory.read32(place & ~3) | (0xffff << shift);
    memory.write32(place & ~3, word);
    memory.write32(0, (((index + 1) & 0xffff) << 16) | (memory.read32(0) & 0xffff));
    Registers device = driver.machine().access(driver.device().info().slot());
    device.write32(QUEUE_NOTIFY, 1);
  }

  @ParameterizedTest
  @EnumSource(names = {"RISCV64_MODERN", "AARCH64_MODERN"})
  void aDeviceThatAsksForAResetIsResetAndTheStreamGoesOn(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire), RECOVERS);
        var station = driver.station()) {
      List<DeviceEvent> events = events(driver, station);
      assertCarriesFrames(station, wire);
      for (int time = 1; time <= 5; time++) {
        int times = time;
        breakRing(driver);
        Patience.until("it is up again", () -> of(events, Recovered.class).size() == times);
        assertCarriesFrames(station, wire);
      }
      assertEquals(Fault.Kind.NEEDS_RESET, of(events, Recovering.class).getFirst().fault().kind());
      assertEquals(5, station.count(Counter.RECOVERIES));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aMachineThatIsResetIsNoticedAndTheStreamGoesOn(Variant variant) throws Exception {
    try (var wire = new Wire();
        var driver =
            DriverOnQemu.start(variant.options(wire), RECOVERS, "health-interval = 50 ms");
        var station = driver.station()) {
      List<DeviceEvent> events = events(driver, station);
      assertCarriesFrames(station, wire);
      driver.qemu().execute("system_reset", Map.of());
      Patience.until("it is up again", () -> !of(events, Recovered.class).isEmpty());
      assertCarriesFrames(station, wire);
      assertEquals(Fault.Kind.STOPPED, of(events, Recovering.class).getFirst().fault().kind());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aQemuThatIsKilledInTrafficIsStartedAgainAndTheStreamGoesOn(Variant variant)
      throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(variant.options(wire), RECOVERS)) {
      EndlessTraffic traffic = EndlessTraffic.start(driver, wire);
      var events = new CopyOnWriteArrayList<DeviceEvent>();
      traffic.connection().events().runWith(Sink.foreach(events::add), driver.system());
      driver.killForAnother();
      Patience.until("it is up again", () -> !of(events, Recovered.class).isEmpty());
      long before = traffic.connection().counters().getOrDefault(Counter.TRANSMITTED_FRAMES, 0L);
      Patience.until(
          "traffic",
          () ->
              traffic.connection().counters().getOrDefault(Counter.TRANSMITTED_FRAMES, 0L)
                  > before + 1000);
      assertTrue(!traffic.ended().toCompletableFuture().isDone(), "the stream stays");
    }
  }

  @Test
  void aLinkThatFlapsAHundredTimesASecondLosesNothingButTime() throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(Variant.AARCH64_MODERN.options(wire), RECOVERS);
        var station = driver.station()) {
      for (int flap = 0; flap < 200; flap++) {
        boolean up = flap % 2 == 1;
        driver.qemu().execute("set_link", Map.of("name", "net0", "up", up));
        TimeUnit.MILLISECONDS.sleep(10);
      }
      Patience.until("the link is up", () -> station.connection().link().up());
      assertCarriesFrames(station, wire);
      assertEquals(0, station.count(Counter.FAULTS));
      assertTrue(station.count(Counter.LINK_CHANGES) > 0);
    }
  }

  @Test
  void aQemuThatIsStoppedForTenSecondsGoesOnAfterwards() throws Exception {
    try (var wire = new Wire();
        var driver = DriverOnQemu.start(Variant.AARCH64_MODERN.options(wire), RECOVERS);
        var station = driver.station()) {
      assertCarriesFrames(station, wire);
      signal("-STOP", driver);
      for (int number = 0; number < 50; number++) {
        station.send(TestBytes.frame(number, 100));
      }
      TimeUnit.SECONDS.sleep(10);
      signal("-CONT", driver);
      Patience.until(
          "what was given is sent or aborted",
          () ->
              station.count(Counter.TRANSMITTED_FRAMES) + station.count(Counter.TRANSMIT_ABORTED)
                  >= 250);
      while (station.count(Counter.FAULTS) != station.count(Counter.RECOVERIES)) {
        Thread.onSpinWait();
      }
      drain(wire);
      assertCarriesFrames(station, wire);
    }
  }

  private static void drain(Wire wire) throws IOException {
    try {
      while (wire.receiveWithin(1).length > 0) {
        Thread.onSpinWait();
      }
    } catch (java.net.SocketTimeoutException e) {
      wire.patient();
    }
  }

  private static void signal(String signal, DriverOnQemu driver) throws Exception {
    Process kill = new ProcessBuilder("kill", signal, Long.toString(driver.qemu().pid())).start();
    assertEquals(0, kill.waitFor());
  }
}
