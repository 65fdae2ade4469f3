package virtionet.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import virtionet.driver.Device;
import virtionet.driver.DeviceHandle;
import virtionet.net.BufferBalance;
import virtionet.net.Counter;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;
import virtionet.testing.TestBytes;

/** The third example of docs/examples.md: it forwards, learns, and forgets no frame. */
class LearningSwitchTest {
  private static final int PORTS = 3;
  private static final int FLOODED = 6_000;
  private static final String A = "02000000000a";
  private static final String B = "02000000000b";
  private static final String GROUP = "01005e000001";

  private static DriverOnModel cards() {
    ModelSettings card = ModelSettings.modern().offering(ModelSettings.CONTROL);
    return DriverOnModel.with(
        "virtionet.transmit-timeout = 1 h", card, card.offering(ModelSettings.RING_PACKED), card);
  }

  private static List<DeviceHandle> plugAll(DriverOnModel driver) {
    var learning = new LearningSwitch(driver.system(), PORTS);
    List<DeviceHandle> devices = new ArrayList<>();
    for (Device.Description device : DriverOnModel.await(driver.net().devices())) {
      DriverOnModel.await(learning.plug(device.slot().name()));
      devices.add(((Device.Up) device).device());
    }
    assertEquals(PORTS, devices.size());
    return devices;
  }

  /** What comes to a port. */
  private static void come(DriverOnModel driver, int port, byte[] frame) {
    DriverOnModel.until("room to receive", () -> driver.machine().device(port).receive(frame));
  }

  /** What has left by a port since the last look: this alone, as soon as it has. */
  private static void assertLeft(DriverOnModel driver, int port, byte[] frame) {
    List<byte[]> left = new ArrayList<>();
    DriverOnModel.until(
        "a frame that leaves by port " + port,
        () -> {
          left.addAll(driver.machine().device(port).takeTransmitted());
          return !left.isEmpty();
        });
    assertEquals(List.of(hex(frame)), left.stream().map(LearningSwitchTest::hex).toList());
  }

  private static String hex(byte[] frame) {
    return HexFormat.of().formatHex(frame);
  }

  private static long count(DeviceHandle device, Counter counter) {
    return device.counters().getOrDefault(counter, 0L);
  }

  /** The cards' rings are of 8: each buffer is used hundreds of times. */
  @Test
  void aFrameToAStrangerLeavesByEachOtherPortOnceAndEveryBufferIsBack() {
    try (DriverOnModel driver = cards()) {
      List<DeviceHandle> devices = plugAll(driver);
      for (int number = 0; number < FLOODED; number++) {
        byte[] frame = TestBytes.frame(number, 60 + number % 1_400);
        come(driver, number % PORTS, frame);
        for (int port = 0; port < PORTS; port++) {
          if (port != number % PORTS) {
            assertLeft(driver, port, frame);
          }
        }
      }
      driver.stopWithoutATrace();
      for (DeviceHandle device : devices) {
        assertEquals(FLOODED / PORTS, count(device, Counter.RECEIVED_FRAMES));
        assertEquals(FLOODED / PORTS * 2, count(device, Counter.TRANSMITTED_FRAMES));
        assertNoneLost(device);
      }
    }
  }

  /** A frame that is sent after its release, or twice, is refused and counted. */
  private static void assertNoneLost(DeviceHandle device) {
    BufferBalance buffers = device.buffers();
    assertTrue(buffers.isConserved(), buffers::toString);
    assertEquals(0, buffers.lent(), buffers::toString);
    assertEquals(0, count(device, Counter.FRAMES_LEAKED));
    assertEquals(0, count(device, Counter.REFUSED_RELEASED));
  }

  @Test
  void aFrameToAStationThatWasHeardLeavesByItsPortAlone() {
    try (DriverOnModel driver = cards()) {
      List<DeviceHandle> devices = plugAll(driver);
      byte[] fromA = frame(B, A, 1);
      byte[] fromB = frame(A, B, 2);
      come(driver, 0, fromA);
      assertLeft(driver, 1, fromA);
      assertLeft(driver, 2, fromA);
      come(driver, 1, fromB);
      assertLeft(driver, 0, fromB);
      come(driver, 0, fromA);
      assertLeft(driver, 1, fromA);

      // It moves, and is found again when it is heard.
      come(driver, 2, fromA);
      assertLeft(driver, 1, fromA);
      come(driver, 1, fromB);
      assertLeft(driver, 2, fromB);

      // Beside its peer it needs no switch; what comes next has nothing before it.
      come(driver, 2, fromB);
      come(driver, 2, frame(GROUP, A, 3));
      assertLeft(driver, 0, frame(GROUP, A, 3));
      assertLeft(driver, 1, frame(GROUP, A, 3));
      driver.stopWithoutATrace();
      assertEquals(2, count(devices.get(0), Counter.TRANSMITTED_FRAMES));
      assertEquals(4, count(devices.get(1), Counter.TRANSMITTED_FRAMES));
      assertEquals(2, count(devices.get(2), Counter.TRANSMITTED_FRAMES));
    }
  }

  private static byte[] frame(String to, String from, int number) {
    return HexFormat.of().parseHex(to + from + "88b5" + "%092x".formatted(number));
  }

  @Test
  void aGroupIsNeverTakenForAStation() {
    try (DriverOnModel driver = cards()) {
      plugAll(driver);
      byte[] lie = frame(B, GROUP, 1);
      byte[] toGroup = frame(GROUP, A, 2);
      come(driver, 0, lie);
      assertLeft(driver, 1, lie);
      assertLeft(driver, 2, lie);
      come(driver, 1, toGroup);
      assertLeft(driver, 0, toGroup);
      assertLeft(driver, 2, toGroup);
      driver.stopWithoutATrace();
    }
  }

  @Test
  void eachPortIsToldToLetTheFramesOfAllStationsPass() {
    try (DriverOnModel driver = cards()) {
      plugAll(driver);
      for (int port = 0; port < PORTS; port++) {
        assertTrue(driver.machine().device(port).control().mode(0), "promiscuous");
      }
    }
  }

  /** Nobody takes what leaves by its card, so the port's queue overflows. */
  @Test
  void aPortThatIsStuckLosesFramesOfItsOwnAndNoBuffer() {
    try (DriverOnModel driver = cards()) {
      List<DeviceHandle> devices = plugAll(driver);
      driver.machine().device(1).stall();
      for (int number = 0; number < 2_000; number++) {
        byte[] frame = TestBytes.frame(number, 60);
        come(driver, 0, frame);
        assertLeft(driver, 2, frame);
      }
      assertEquals(0, count(devices.get(1), Counter.TRANSMITTED_FRAMES));
      driver.stopWithoutATrace();
      devices.forEach(LearningSwitchTest::assertNoneLost);
    }
  }

  @Test
  void aPortThatIsLostInAFloodDisturbsNoOtherAndItsBuffersAreBack() {
    int before = 300;
    try (DriverOnModel driver = cards()) {
      List<DeviceHandle> devices = plugAll(driver);
      for (int number = 0; number < 1_000; number++) {
        if (number == before) {
          DriverOnModel.until(
              "all before have left by it",
              () -> count(devices.get(1), Counter.TRANSMITTED_FRAMES) == before);
          driver.machine().device(1).needReset();
        }
        byte[] frame = TestBytes.frame(number, 60);
        come(driver, 0, frame);
        assertLeft(driver, 2, frame);
      }
      DriverOnModel.until(
          "the device is given up",
          () ->
              DriverOnModel.await(driver.net().devices()).stream()
                  .anyMatch(Device.Failed.class::isInstance));
      driver.stopWithoutATrace();
      assertTrue(count(devices.get(1), Counter.TRANSMITTED_FRAMES) >= before);
      devices.forEach(LearningSwitchTest::assertNoneLost);
    }
  }
}
