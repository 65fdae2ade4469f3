package virtionet.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.until;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.driver.ControlException;
import virtionet.driver.Device;
import virtionet.net.Counter;
import virtionet.net.Frame;
import virtionet.testing.DriverOnModel;
import virtionet.testing.DriverOnModel.Client;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.NetDeviceModel;
import virtionet.testing.Requirement;

/** Several queue pairs: when each may be sent on (VirtIO 1.3 §5.1.6.5.6). */
class MultiqueueTest {
  /** The device is given time to be slow in: the tests look at what is done meanwhile. */
  private static final String TWO_PAIRS = "virtionet { queue-pairs = 2, control-timeout = 1 m }";

  private static final int FLOWS = 6;
  private static final int SECOND_RECEIVE = 2;
  private static final int SECOND_TRANSMIT = 3;

  static Stream<ModelSettings> devices() {
    return Stream.of(
            ModelSettings.modern(),
            ModelSettings.modern().offering(ModelSettings.ALL_RING_FEATURES),
            ModelSettings.legacy())
        .map(settings -> settings.withPairs(2));
  }

  private static DriverOnModel up(ModelSettings settings, String more) {
    var driver = DriverOnModel.with(TWO_PAIRS + "\n" + more, settings);
    until("both pairs are in use", () -> driver.device().pairs() == 2);
    return driver;
  }

  private static CompletionStage<?> askForPairs(Client client, int pairs) {
    return client.connected().control().queuePairs(pairs);
  }

  /** A frame of each of {@link #FLOWS} flows, which two queues share. */
  private static void sendFlows(Client client) {
    for (int flow = 0; flow < FLOWS; flow++) {
      client.in().sendNext(Frame.wrap(datagram(flow)));
    }
  }

  private static byte[] datagram(int flow) {
    return ByteBuffer.allocate(60)
        .putShort(12, (short) 0x0800)
        .put(14, (byte) 0x45)
        .put(23, (byte) 17)
        .putShort(34, (short) (1000 + flow))
        .putShort(36, (short) 2000)
        .array();
  }

  /** The pairs on which the next frames are transmitted; fewer when the driver did wrong. */
  private static Set<Integer> pairsOf(NetDeviceModel device, int frames) {
    List<Integer> pairs = new ArrayList<>();
    until(
        "the frames are transmitted",
        () -> {
          pairs.addAll(device.takeTransmittedPairs());
          return pairs.size() >= frames || !device.violations().isEmpty();
        });
    return new HashSet<>(pairs);
  }

  /** Sends until both queues are used. */
  private static void spread(DriverOnModel driver, Client client) {
    Set<Integer> pairs = new HashSet<>();
    until(
        "the flows are spread",
        () -> {
          sendFlows(client);
          pairs.addAll(pairsOf(driver.device(), FLOWS));
          return pairs.equals(Set.of(0, 1));
        });
  }

  @ParameterizedTest
  @MethodSource("devices")
  @Requirement({"CVQMQ-DRV-01", "CVQMQ-DRV-03", "CVQMQ-PRO-02", "NETRX-DRV-04"})
  void allFlowsGoOnTheFirstQueueUntilTheDeviceHasTakenThePairs(ModelSettings settings) {
    ModelMachine machine = ModelMachine.of(settings);
    NetDeviceModel device = machine.device(0);
    device.stallControl();
    try (var driver = DriverOnModel.on(machine, () -> machine, TWO_PAIRS)) {
      Client client = driver.connected();
      until("the command is there", () -> device.waiting(device.controlQueue()) == 1);
      assertTrue(device.waiting(SECOND_RECEIVE) > 0, "no buffers on the second receive queue");
      sendFlows(client);
      assertEquals(Set.of(0), pairsOf(device, FLOWS));
      assertEquals(List.of(), device.violations());

      device.executeNow(true);
      assertEquals(List.of("04 00 02 00"), device.control().commands());
      spread(driver, client);
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aFrameTooShortForAFlowIsRefusedAndTheOthersAreSent() {
    try (var driver = up(ModelSettings.modern().withPairs(2), "")) {
      Client client = driver.connected();
      spread(driver, client);
      client.in().sendNext(Frame.wrap(new byte[5]));
      until("it is refused", () -> client.count(Counter.REFUSED_SHORT) == 1);
      spread(driver, client);
      driver.stopWithoutATrace();
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  @Requirement({"CVQMQ-DRV-04", "CVQMQ-IMP-01"})
  void nothingIsQueuedOnAQueueThatACommandOnItsWayGivesUp(ModelSettings settings) {
    try (var driver = up(settings, "")) {
      NetDeviceModel device = driver.device();
      Client client = driver.connected();
      spread(driver, client);
      device.stallControl();
      CompletionStage<?> done = askForPairs(client, 1);
      until("the command is there", () -> device.waiting(device.controlQueue()) == 1);
      sendFlows(client);
      assertEquals(Set.of(0), pairsOf(device, FLOWS));
      assertEquals(List.of(), device.violations());

      device.executeNow(true);
      await(done);
      assertEquals(1, device.pairs());
      sendFlows(client);
      assertEquals(Set.of(0), pairsOf(device, FLOWS));
      driver.stopWithoutATrace();
    }
  }

  @Test
  @Requirement("CVQMQ-DRV-04")
  void whatIsOnAQueueThatIsGivenUpIsSentBeforeTheDeviceIsTold() {
    try (var driver = up(ModelSettings.modern().withPairs(2), "")) {
      NetDeviceModel device = driver.device();
      Client client = driver.connected();
      spread(driver, client);
      device.stall();
      sendFlows(client);
      until("all wait", () -> device.waiting(1) + device.waiting(SECOND_TRANSMIT) == FLOWS);
      int left = device.waiting(SECOND_TRANSMIT);
      CompletionStage<?> done = askForPairs(client, 1);
      client.in().sendNext(Frame.wrap(datagram(0)));
      until("one more", () -> device.waiting(1) + device.waiting(SECOND_TRANSMIT) == FLOWS + 1);
      assertTrue(left > 0, "no flow on the second queue");
      assertEquals(2, device.pairs());
      device.transmitNow();
      await(done);
      assertEquals(1, device.pairs());
      driver.stopWithoutATrace();
    }
  }

  @Test
  void aDeviceThatDoesNotSendWhatIsThereFailsTheCommandForFewerPairsAlone() {
    try (var driver = up(ModelSettings.modern().withPairs(2), "virtionet.control-timeout = 2 s")) {
      NetDeviceModel device = driver.device();
      Client client = driver.connected();
      spread(driver, client);
      device.stall();
      sendFlows(client);
      until("all wait", () -> device.waiting(1) + device.waiting(SECOND_TRANSMIT) == FLOWS);
      var failure =
          assertInstanceOf(ControlException.class, DriverOnModel.failureOf(askForPairs(client, 1)));
      assertEquals(ControlException.Kind.TIMEOUT, failure.kind());
      assertTrue(String.valueOf(failure.getMessage()).contains("did not send"), failure::toString);
      assertEquals(List.of("04 00 02 00"), device.control().commands());

      device.transmitNow();
      await(askForPairs(client, 1));
      assertEquals(1, device.pairs());
      driver.stopWithoutATrace();
    }
  }

  @Test
  @Requirement({"CVQMQ-DRV-03", "CVQMQ-DRV-04"})
  void pairsComeAndGoUnderTraffic() {
    try (var driver = up(ModelSettings.modern().withPairs(2), "")) {
      Client client = driver.connected();
      for (int round = 0; round < 200; round++) {
        CompletionStage<?> done = askForPairs(client, 1 + round % 2);
        while (!done.toCompletableFuture().isDone()) {
          sendFlows(client);
        }
        await(done);
        assertEquals(List.of(), driver.device().violations());
      }
      driver.stopWithoutATrace();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Requirement({"CVQMQ-DRV-04", "CVQMQ-IMP-01"})
  void aCommandForFewerThatIsRefusedLeavesAllInUse(boolean garbage) {
    try (var driver = up(ModelSettings.modern().withPairs(2), "")) {
      NetDeviceModel device = driver.device();
      Client client = driver.connected();
      if (garbage) {
        device.control().reject(4, 0);
        device.control().answer(7);
      } else {
        device.control().reject(4, 0);
      }
      DriverOnModel.failureOf(askForPairs(client, 1));
      assertEquals(2, device.pairs());
      spread(driver, client);
      driver.stopWithoutATrace();
    }
  }

  @Test
  @Requirement("CVQMQ-PRO-02")
  void aFlowOnAPairSendsAndReceivesThere() {
    try (var driver = up(ModelSettings.modern().withPairs(2), "")) {
      NetDeviceModel device = driver.device();
      device.echo();
      String name = name(driver);
      Client first = driver.client(driver.net().flow(name, 0));
      Client second = driver.client(driver.net().flow(name, 1));
      for (int flow = 0; flow < FLOWS; flow++) {
        second.in().sendNext(Frame.wrap(datagram(flow)));
        assertArrayEquals(datagram(flow), second.receive());
        assertEquals(List.of(1), device.takeTransmittedPairs());
        first.in().sendNext(Frame.wrap(datagram(flow)));
        assertArrayEquals(datagram(flow), first.receive());
        assertEquals(List.of(0), device.takeTransmittedPairs());
      }
      driver.stopWithoutATrace();
    }
  }

  private static String name(DriverOnModel driver) {
    return device(driver).device().info().name();
  }

  private static Device.Up device(DriverOnModel driver) {
    return assertInstanceOf(Device.Up.class, await(driver.net().devices()).getFirst());
  }

  @ParameterizedTest
  @CsvSource({
    "false, false, 1", "false, false, 2",
    "true, false, 1", "true, false, 2",
    "false, true, 1", "false, true, 2",
    "true, true, 1", "true, true, 2",
  })
  @Requirement({"CVQMQ-PRO-01", "NETVQ-IMP-01"})
  void ofMultiqueueAndRssWhateverIsOfferedIsAcceptedOnlyIfItIsOfUse(
      boolean mq, boolean rss, int wanted) {
    ModelSettings settings = ModelSettings.modern().offering(ModelSettings.CONTROL).withPairs(3);
    if (!mq) {
      settings = settings.without(ModelSettings.MQ);
    }
    if (rss) {
      settings = settings.offering(ModelSettings.RSS);
    }
    try (var driver = DriverOnModel.with("virtionet.queue-pairs = " + wanted, settings)) {
      Client client = driver.connected();
      NetDeviceModel device = driver.device();
      long accepted = device.driverFeatures();
      assertEquals(mq && wanted > 1, (accepted & ModelSettings.MQ) != 0);
      boolean several = (accepted & (ModelSettings.MQ | ModelSettings.RSS)) != 0;
      assertEquals(several ? 6 : 2, device.controlQueue());
      await(client.connected().control().promiscuous(true));
      assertTrue(device.control().mode(0));
      driver.stopWithoutATrace();
    }
  }
}
