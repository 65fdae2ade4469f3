package virtionet.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.await;
import static virtionet.testing.DriverOnModel.until;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.driver.ControlException;
import virtionet.net.Frame;
import virtionet.net.HashConfig;
import virtionet.net.HashKey;
import virtionet.net.HashType;
import virtionet.net.NetFeature;
import virtionet.net.RssConfig;
import virtionet.testing.DriverOnModel;
import virtionet.testing.DriverOnModel.Client;
import virtionet.testing.ModelHashes;
import virtionet.testing.ModelMachine;
import virtionet.testing.ModelSettings;
import virtionet.testing.NetDeviceModel;
import virtionet.testing.Requirement;
import virtionet.virtio.FeatureReport;

/** Who steers received frames to which queue pair (VirtIO 1.3 §5.1.6.5.5 to §5.1.6.5.7). */
class SteeringTest {
  private static final String BY_HASH =
      "virtionet { queue-pairs = 2, receive-steering = hash, control-timeout = 30 s }\n";
  private static final int FLOWS = 6;
  private static final ModelSettings MQ_AND_RSS =
      ModelSettings.modern().withPairs(2).offering(ModelSettings.RSS);
  private static final ModelSettings ALL = MQ_AND_RSS.offering(ModelHashes.HASH_REPORT);
  private static final Set<HashType> TYPES = EnumSet.of(HashType.TCPV4, HashType.UDPV6);
  private static final HashKey KEY = HashKey.of(new byte[] {1, 2, 3, 4});
  private static final String REPORT = "virtionet.report-hashes = on";

  private static int commandOf(NetDeviceModel device, int index) {
    String command = device.control().commands().get(index);
    assertTrue(command.startsWith("04 0"), command);
    return command.charAt(4) - '0';
  }

  /** Sends until as many pairs are used as are to be; the model notes any other. */
  private static void assertSentOn(DriverOnModel driver, Client client, Set<Integer> pairs) {
    Set<Integer> used = new HashSet<>();
    until(
        "each of the pairs " + pairs + " is sent on",
        () -> {
          List<Integer> sent = new ArrayList<>();
          for (int flow = 0; flow < FLOWS; flow++) {
            client.in().sendNext(Frame.wrap(datagram(flow)));
          }
          until(
              "the frames are transmitted",
              () -> {
                sent.addAll(driver.device().takeTransmittedPairs());
                return sent.size() == FLOWS;
              });
          used.addAll(sent);
          return used.containsAll(pairs);
        });
    assertEquals(pairs, used);
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

  @ParameterizedTest
  @CsvSource({"true, true, 1", "false, true, 1", "true, false, 0", "false, false, -1"})
  @Requirement({"CVQMQ-PRO-01", "NETVQ-IMP-01", "CVQRSS-DRV-01"})
  void anySetOfTheTwoWaysToSteerIsMadeTheMostOf(boolean mq, boolean rss, int command) {
    ModelSettings settings =
        MQ_AND_RSS.without(mq ? 0 : ModelSettings.MQ).without(rss ? 0 : ModelSettings.RSS);
    try (var driver = DriverOnModel.with(BY_HASH, settings)) {
      Client client = driver.connected();
      FeatureReport features = client.connected().features();
      assertEquals(mq, features.accepted(NetFeature.MQ));
      assertEquals(rss, features.accepted(NetFeature.RSS));
      if (command >= 0) {
        until("both pairs are in use", () -> driver.device().pairs() == 2);
        assertEquals(command, commandOf(driver.device(), 0));
        assertEquals(1, driver.device().control().commands().size());
        assertSentOn(driver, client, Set.of(0, 1));
      } else {
        assertSentOn(driver, client, Set.of(0));
      }
      assertEquals(rss, driver.device().hashes().steering().isPresent());
      driver.stopWithoutATrace();
    }
  }

  @Test
  void unaskedNoHashSteers() {
    try (var driver = DriverOnModel.with("virtionet.queue-pairs = 2", MQ_AND_RSS)) {
      Client client = driver.connected();
      assertEquals(
          "not asked for (receive-steering = hash)",
          client.connected().features().whyNot(NetFeature.RSS).orElseThrow());
    }
  }

  @Test
  @Requirement({"CVQRSS-DRV-02", "CVQRSS-DRV-03", "CVQRSS-DRV-04", "CVQRSS-IMP-01"})
  void theFirstTableSpreadsEvenlyAndTheClientsTakesItsPlace() {
    try (var driver = DriverOnModel.with(BY_HASH, ALL)) {
      Client client = driver.connected();
      NetDeviceModel device = driver.device();
      until("it steers", () -> device.hashes().steering().isPresent());
      var first = device.hashes().steering().orElseThrow();
      assertEquals(64, Collections.frequency(first.table(), 1));
      assertEquals(128, first.table().size());
      assertEquals(0x1ff, first.types());
      assertEquals(2 * HashKey.COMMON_LENGTH, first.key().length());

      var config = new RssConfig(TYPES, 1, List.of(1, 0, 1, 1), 2, KEY);
      await(client.connected().control().steerByHash(config));
      assertEquals(
          new ModelHashes.Steering(1 << 1 | 1 << 5, 1, config.table(), 2, KEY.hex()),
          device.hashes().steering().orElseThrow());
      assertSentOn(driver, client, Set.of(0, 1));
      driver.stopWithoutATrace();
    }
  }

  /** A configuration that this device cannot take, and a word of the reason. */
  record Wrong(RssConfig config, String why) {}

  static Stream<Wrong> wrong() {
    List<Integer> one = List.of(0);
    return Stream.of(
        new Wrong(new RssConfig(TYPES, 0, List.of(0, 2), 2, KEY), "names 2"),
        new Wrong(new RssConfig(TYPES, 0, List.of(0, 1), 1, KEY), "names 1"),
        new Wrong(new RssConfig(TYPES, 2, one, 2, KEY), "unclassified frames is 2"),
        new Wrong(new RssConfig(TYPES, 0, one, 3, KEY), "2 are set up"),
        new Wrong(new RssConfig(TYPES, 0, Collections.nCopies(64, 0), 1, KEY), "takes 32"),
        new Wrong(new RssConfig(TYPES, 0, one, 1, HashKey.of(new byte[41])), "41 bytes"),
        new Wrong(new RssConfig(EnumSet.of(HashType.IPV6), 0, one, 1, KEY), "not [IPV6]"));
  }

  @ParameterizedTest
  @MethodSource("wrong")
  @Requirement({
    "CVQRSS-DRV-02",
    "CVQRSS-DRV-03",
    "CVQRSS-DRV-04",
    "CVQRSS-DRV-05",
    "CVQRSS-IMP-01"
  })
  void aConfigurationThatTheDeviceCannotTakeDoesNotReachIt(Wrong wrong) {
    int allButIpv6 = 0x1ff & ~(1 << 3);
    var machine = ModelMachine.of(ALL);
    machine.device(0).hashes().limits(40, 32, allButIpv6);
    try (var driver = DriverOnModel.on(machine, () -> machine, BY_HASH)) {
      Client client = driver.connected();
      until("it steers", () -> driver.device().hashes().steering().isPresent());
      var before = driver.device().hashes().steering();
      var failure =
          assertInstanceOf(
              ControlException.class,
              DriverOnModel.failureOf(client.connected().control().steerByHash(wrong.config())));
      assertEquals(ControlException.Kind.OUT_OF_RANGE, failure.kind());
      String message = String.valueOf(failure.getMessage());
      assertTrue(message.contains(wrong.why()), message);
      assertEquals(1, driver.device().control().commands().size());
      assertEquals(before, driver.device().hashes().steering());
      driver.stopWithoutATrace();
    }
  }

  /** The model notes each frame on a queue that a command in its ring has given up. */
  @Test
  @Requirement({"CVQMQ-IMP-01", "CVQMQ-DRV-04"})
  void fewerPairsAreSentOnAsSoonAsEitherCommandIsThere() {
    try (var driver = DriverOnModel.with(BY_HASH, MQ_AND_RSS)) {
      Client client = driver.connected();
      var control = client.connected().control();
      until("both pairs are in use", () -> driver.device().pairs() == 2);
      assertSentOn(driver, client, Set.of(0, 1));
      await(control.steerByHash(new RssConfig(TYPES, 0, List.of(0), 1, KEY)));
      assertSentOn(driver, client, Set.of(0));
      await(control.steerByHash(new RssConfig(TYPES, 0, List.of(0, 1), 2, KEY)));
      assertSentOn(driver, client, Set.of(0, 1));
      await(control.queuePairs(1));
      assertTrue(driver.device().hashes().steering().isEmpty());
      assertEquals(1, driver.device().pairs());
      assertSentOn(driver, client, Set.of(0));
      driver.stopWithoutATrace();
    }
  }

  @Test
  @Requirement("CVQRSS-PRO-01")
  void hashesAreReportedFromTheStartAndAlsoAfterThePairsHaveChanged() {
    ModelSettings settings = ALL.without(ModelSettings.RSS);
    String pairs = "virtionet { queue-pairs = 2, control-timeout = 30 s }\n";
    try (var driver = DriverOnModel.with(pairs + REPORT, settings)) {
      Client client = driver.connected();
      var control = client.connected().control();
      NetDeviceModel device = driver.device();
      until("all hashes are reported", () -> device.hashes().reportedTypes() == 0x1ff);
      await(control.reportHashes(new HashConfig(TYPES, KEY)));
      assertEquals(1 << 1 | 1 << 5, device.hashes().reportedTypes());
      await(control.queuePairs(1));
      assertEquals(1 << 1 | 1 << 5, device.hashes().reportedTypes(), "not told again");
      driver.stopWithoutATrace();
    }
  }

  @Test
  void withRssTheHashesAreThoseThatItSteersBy() {
    try (var driver = DriverOnModel.with(BY_HASH + REPORT, ALL)) {
      Client client = driver.connected();
      NetDeviceModel device = driver.device();
      until("all hashes are reported", () -> device.hashes().reportedTypes() == 0x1ff);
      assertEquals(1, device.control().commands().size());
      var refused =
          DriverOnModel.failureOf(
              client.connected().control().reportHashes(new HashConfig(TYPES, KEY)));
      String message = String.valueOf(refused.getMessage());
      assertTrue(message.contains("RSS was negotiated"), message);
      driver.stopWithoutATrace();
    }
  }
}
