package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.typed.javadsl.AskPattern;
import ch.qos.logback.classic.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.driver.ControlException;
import virtionet.driver.ControlException.Kind;
import virtionet.driver.ControlRequest;
import virtionet.driver.Device;
import virtionet.driver.DeviceControl;
import virtionet.driver.DeviceHandle;
import virtionet.net.Coalescing;
import virtionet.net.ControlCommand.AddVlan;
import virtionet.net.Counter;
import virtionet.net.MacAddress;
import virtionet.net.ReceiveMode;
import virtionet.stream.EthernetConnection;
import virtionet.testing.CapturedLog;
import virtionet.testing.DriverOnModel;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelSettings;
import virtionet.testing.Requirement;

/** What a device is told to do, through the driver's front door. */
class DeviceControlTest {
  private static final ModelSettings MODERN =
      ModelSettings.modern().offering(ModelSettings.CONTROL);
  private static final MacAddress STATION = MacAddress.parse("02:00:00:00:00:11");
  private static final MacAddress GROUP = MacAddress.parse("01:00:5e:00:00:fb");

  /** So long that whatever is answered sooner was not found by a look at the clock. */
  private static final String WITHOUT_LOOKS = "virtionet.control-timeout = 1 h";

  private static DeviceHandle handle(DriverOnModel driver) {
    List<Device.Description> devices = DriverOnModel.await(driver.net().devices());
    return assertInstanceOf(Device.Up.class, devices.getFirst()).device();
  }

  private static DeviceControl control(DriverOnModel driver) {
    return handle(driver).control();
  }

  private static void assertFails(Kind kind, String words, CompletionStage<?> command) {
    var failure = assertInstanceOf(ControlException.class, DriverOnModel.failureOf(command));
    String message = String.valueOf(failure.getMessage());
    assertEquals(kind, failure.kind(), message);
    assertTrue(message.contains(words), message);
  }

  static Stream<ModelSettings> bothInterfaces() {
    return Stream.of(MODERN, ModelSettings.legacy().offering(ModelSettings.CONTROL));
  }

  @ParameterizedTest
  @MethodSource("bothInterfaces")
  @Requirement({"CVQ-IMP-01", "CVQVLAN-IMP-01"})
  void commandsAreDoneInTheirOrderAndEachIsAnswered(ModelSettings settings) {
    try (var driver = DriverOnModel.of(settings)) {
      DeviceControl control = control(driver);
      List<CompletionStage<?>> answers = new ArrayList<>();
      for (int id = 1; id <= 100; id++) {
        answers.add(control.addVlan(id));
      }
      answers.add(control.removeVlan(1));
      answers.add(control.promiscuous(true));
      answers.add(control.allMulticast(true));
      answers.add(control.promiscuous(false));
      answers.add(control.receiveMode(ReceiveMode.NO_UNICAST, true));
      answers.add(control.macTable(List.of(STATION), List.of(GROUP)));
      answers.add(control.guestOffloads(Set.of()));
      answers.forEach(DriverOnModel::await);
      var done = driver.device().control();
      List<String> expected = new ArrayList<>();
      for (int id = 1; id <= 100; id++) {
        expected.add("02 00 %02x 00".formatted(id));
      }
      assertEquals(expected, done.commands().subList(0, 100));
      assertEquals(99, done.vlans().size());
      assertTrue(!done.mode(0) && done.mode(1) && done.mode(4));
      assertEquals(List.of(GROUP), done.multicast());
      assertEquals(107, handle(driver).counters().get(Counter.CONTROL_COMMANDS));
      driver.stopWithoutATrace();
    }
  }

  @Test
  void theSameIsHadByMessage() {
    try (var driver = DriverOnModel.of(MODERN)) {
      var command = new AddVlan(5);
      CompletionStage<ControlRequest.Reply> reply =
          AskPattern.ask(
              control(driver).actor(),
              replyTo -> new ControlRequest(command, replyTo),
              DriverOnModel.PATIENCE,
              driver.system().scheduler());
      var done = assertInstanceOf(ControlRequest.Done.class, DriverOnModel.await(reply));
      assertEquals(command, done.command());
    }
  }

  @Test
  void coalescingIsSetAndAskedFor() {
    try (var driver = DriverOnModel.of(MODERN.offering(ModelSettings.NOTF_COAL))) {
      DeviceControl control = control(driver);
      DriverOnModel.until(
          "completions are coalesced by themselves",
          () ->
              driver
                  .device()
                  .control()
                  .commands()
                  .equals(List.of("06 00 02 00 00 00 64 00 00 00")));
      DriverOnModel.await(control.coalesceReceive(new Coalescing(1, 2)));
      DriverOnModel.await(control.coalesceTransmit(new Coalescing(3, 4)));
      DriverOnModel.await(control.coalesce(1, new Coalescing(5, 6)));
      assertEquals(new Coalescing(5, 6), DriverOnModel.await(control.coalescing(1)));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "CTRL_VLAN, CTRL_VLAN which was not accepted: switched off in the settings",
    "CTRL_VQ, CTRL_VLAN which was not accepted: needs CTRL_VQ"
  })
  void whatWasSwitchedOffIsNamedAndWhatItNeeds(String disabled, String words) {
    try (var driver =
        DriverOnModel.with("virtionet.disabled-features = [%s]".formatted(disabled), MODERN)) {
      assertFails(Kind.UNSUPPORTED, words.replace(" which", ", which"), control(driver).addVlan(5));
      assertEquals(List.of(), driver.device().control().commands());
      driver.stopWithoutATrace();
    }
  }

  @Test
  void whatTheDeviceDoesNotOfferIsNamed() {
    try (var driver = DriverOnModel.of(MODERN.without(1L << 20))) {
      assertFails(
          Kind.UNSUPPORTED,
          "CTRL_RX_EXTRA, which was not accepted: not offered",
          control(driver).receiveMode(ReceiveMode.NO_BROADCAST, true));
      DriverOnModel.await(control(driver).promiscuous(true));
    }
  }

  @Test
  @Requirement("CVQCOAL-DRV-01")
  void whatDoesNotFitTheDeviceIsRefusedBeforeItGetsThere() {
    try (var driver = DriverOnModel.of(MODERN)) {
      DeviceControl control = control(driver);
      assertFails(Kind.OUT_OF_RANGE, "virtqueue 2", control.coalesce(2, new Coalescing(1, 1)));
      assertThrows(IllegalArgumentException.class, () -> control.addVlan(0));
      assertThrows(IllegalArgumentException.class, () -> control.setMac(GROUP));
      assertEquals(List.of(), driver.device().control().commands());
    }
  }

  @Test
  @Requirement({"CVQ-IMP-01", "CVQCOAL-DRV-04"})
  @Misbehaviour("H121")
  void aRefusalAndGarbageFailTheirCommandAlone() {
    try (var driver = DriverOnModel.of(MODERN)) {
      DeviceControl control = control(driver);
      var device = driver.device().control();
      device.reject(2, 0);
      assertFails(Kind.REJECTED, "AddVlan", control.addVlan(5));
      device.reject(6, 3);
      assertFails(Kind.REJECTED, "GetQueue", control.coalescing(0));
      device.answer(7);
      assertFails(Kind.UNINTELLIGIBLE, "0x07", control.promiscuous(true));
      device.answer(-1);
      assertFails(Kind.UNINTELLIGIBLE, "0xff", control.promiscuous(true));
      device.answer(0);
      DriverOnModel.await(control.promiscuous(true));
      assertEquals(4, handle(driver).counters().get(Counter.CONTROL_FAILURES));
      driver.stopWithoutATrace();
    }
  }

  @Test
  @Requirement("CVQ-IMP-02")
  @Misbehaviour("H120")
  void aDeviceThatDoesNotAnswerInTimeIsGivenUpAndTheCommandFails() {
    try (var driver = DriverOnModel.with("virtionet.control-timeout = 100 ms", MODERN)) {
      DriverOnModel.Client client = driver.connected();
      DeviceControl control = control(driver);
      driver.device().control().neverAnswer();
      CompletionStage<?> first = control.promiscuous(true);
      CompletionStage<?> second = control.addVlan(5);
      assertFails(Kind.TIMEOUT, "within 100 ms", first);
      assertFails(Kind.DEVICE_LOST, "did not answer the control command", second);
      assertTrue(String.valueOf(client.error().getMessage()).contains("SetReceiveMode"));
      assertFails(Kind.DEVICE_LOST, "is lost", control.addVlan(6));
      assertTrue(driver.failure().contains("did not answer"));
      driver.stopWithoutATrace();
    }
  }

  @Test
  void anAnswerIsTakenAtItsInterrupt() {
    try (var driver = DriverOnModel.with(WITHOUT_LOOKS, MODERN)) {
      DeviceControl control = control(driver);
      driver.device().stallControl();
      for (int round = 0; round < 20; round++) {
        CompletionStage<?> answer = control.promiscuous(true);
        DriverOnModel.until("the command is there", () -> driver.device().waiting(2) == 1);
        driver.device().executeNow(true);
        DriverOnModel.await(answer);
      }
    }
  }

  @Test
  void anAnswerWhoseInterruptIsLostIsFoundInTime() {
    try (var driver = DriverOnModel.with("virtionet.control-timeout = 30 s", MODERN)) {
      DeviceControl control = control(driver);
      driver.device().stallControl();
      CompletionStage<?> answer = control.promiscuous(true);
      DriverOnModel.until("the command is there", () -> driver.device().waiting(2) == 1);
      driver.device().executeNow(false);
      DriverOnModel.await(answer);
    }
  }

  @Test
  void aFloodOfCommandsIsBoundedAndNoneIsForgottenAtTheEnd() {
    try (var driver = DriverOnModel.with(WITHOUT_LOOKS, MODERN)) {
      DeviceControl control = control(driver);
      driver.device().control().neverAnswer();
      List<CompletionStage<?>> answers = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        answers.add(control.promiscuous(true));
      }
      // One is with the device, 256 wait.
      answers
          .subList(257, 300)
          .forEach(answer -> assertFails(Kind.BUSY, "256 control commands", answer));
      DriverOnModel.await(driver.net().stop());
      answers.subList(0, 257).forEach(answer -> assertFails(Kind.DEVICE_LOST, "", answer));
      assertFails(Kind.DEVICE_LOST, "has stopped", control.promiscuous(true));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 2_000})
  void whereTheTableIsFullAllPassesUntilItHasRoomAgain(int addresses) {
    try (var log = new CapturedLog(Level.WARN);
        var driver = DriverOnModel.of(MODERN)) {
      DeviceControl control = control(driver);
      var device = driver.device().control();
      device.tableSize(2);
      List<MacAddress> many =
          LongStream.range(0, addresses)
              .mapToObj(i -> new MacAddress(0x0200_0000_0000L + i + 1))
              .toList();
      for (int round = 0; round < 2; round++) {
        DriverOnModel.await(control.macTable(many, List.of()));
        assertTrue(device.mode(0) && device.mode(1), "all passes");
      }
      assertEquals(1, log.lines(Level.WARN, "MAC filter is too small").size());

      DriverOnModel.await(control.promiscuous(false));
      assertTrue(device.mode(0), "all passes, whatever is wished for meanwhile");
      DriverOnModel.await(control.allMulticast(true));
      DriverOnModel.await(control.macTable(List.of(STATION), List.of(GROUP)));
      assertTrue(!device.mode(0) && device.mode(1), "as was wished for");
      assertEquals(List.of(STATION), device.unicast());
    }
  }

  @Test
  void whereNotEvenAllMayPassTheTableIsRefused() {
    try (var log = new CapturedLog(Level.WARN);
        var driver = DriverOnModel.of(MODERN)) {
      driver.device().control().tableSize(0);
      driver.device().control().reject(0, 0);
      assertFails(
          Kind.REJECTED, "PROMISCUOUS", control(driver).macTable(List.of(STATION), List.of()));
      assertEquals(1, log.lines(Level.WARN, "MAC filter is too small").size());
    }
  }

  @Test
  @Requirement("CVQMAC-DRV-02")
  void anAddressThatIsSetIsTheConnectionsFromThenOn() {
    try (var driver = DriverOnModel.of(MODERN)) {
      EthernetConnection connection = driver.connected().connected();
      DriverOnModel.await(connection.control().setMac(STATION));
      assertEquals(STATION, connection.mac());
      assertEquals(List.of("01 01 02 00 00 00 00 11"), driver.device().control().commands());
    }
  }

  @Test
  @Requirement("CVQMAC-DRV-02")
  void aDeviceWithoutAnAddressIsToldOurs() {
    try (var driver = DriverOnModel.of(MODERN.without(ModelSettings.MAC))) {
      String own = handle(driver).info().mac().toString().replace(':', ' ');
      DriverOnModel.until(
          "told", () -> driver.device().control().commands().equals(List.of("01 01 " + own)));
    }
  }
}
