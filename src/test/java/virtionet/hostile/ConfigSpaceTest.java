package virtionet.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.testing.DriverOnModel.bytes;
import static virtionet.testing.DriverOnModel.until;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.driver.DeviceEvent;
import virtionet.driver.Fault.Kind;
import virtionet.net.Counter;
import virtionet.net.MacAddress;
import virtionet.testing.DriverOnModel;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelSettings;
import virtionet.testing.ModelSettings.Fault;

/** Devices whose configuration says what cannot be. */
class ConfigSpaceTest {
  private static final int CONFIGURATION = 2;
  private static final long GENERATION = 0x0fc;
  private static final long MAC = 0x100;
  private static final long LINK = 0x106;
  private static final long PAIRS = 0x108;
  private static final long MTU = 0x10a;

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H90")
  void h90_aConfigurationThatNeverRestsFailsTheStartInBoundedTime(Card card) {
    try (var driver = DriverOnModel.of(card.settings().with(Fault.CONFIG_NEVER_RESTS))) {
      assertTrue(driver.failure().contains("did not come to rest"), driver.failure());
      driver.stopWithoutATrace();
    }
  }

  @Test
  @Misbehaviour("H90")
  void h90_aConfigurationThatDoesNotRestForAWhileUnderTrafficCostsAReset() {
    try (Rig rig = Rig.with(Rig.NEVER_GIVEN_UP, Card.SPLIT.settings())) {
      var generation = new AtomicInteger();
      rig.machine().lie(GENERATION, truth -> generation.incrementAndGet());
      rig.device().raise(CONFIGURATION);
      until("it is blamed", () -> !rig.events(DeviceEvent.Recovering.class).isEmpty());
      rig.machine().beHonest(GENERATION);
      rig.assertReset(Kind.REFUSED, "did not come to rest");
      rig.end();
    }
  }

  static Stream<Arguments> addresses() {
    return Stream.of(Card.values())
        .flatMap(
            card ->
                Stream.of("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01")
                    .map(mac -> Arguments.of(card, mac)));
  }

  @ParameterizedTest
  @MethodSource("addresses")
  @Misbehaviour("H92")
  void h92_anAddressThatIsNoneForAStationIsReplacedByOneOfOurs(Card card, String mac) {
    try (Rig rig = Rig.of(card.settings().withMac(mac))) {
      MacAddress own = rig.client().connected().mac();
      assertTrue(own.isUsable(), own::toString);
      assertEquals(0, rig.device().driverFeatures() & ModelSettings.MAC);
      rig.device().needReset();
      rig.assertReset(Kind.NEEDS_RESET, "asks to be reset");
      assertEquals(own, rig.client().connected().mac(), "the same after a reset");
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H93")
  void h93_anAddressThatChangesUnderTrafficCountsFromTheNextResetOn(Card card) {
    try (Rig rig = Rig.of(card)) {
      MacAddress first = rig.client().connected().mac();
      rig.machine().lie(MAC + 5, truth -> 0x99);
      tellOfAChange(rig);
      assertEquals(first, rig.client().connected().mac());
      rig.device().needReset();
      rig.assertReset(Kind.NEEDS_RESET, "asks to be reset");
      assertEquals(MacAddress.parse("52:54:00:12:34:99"), rig.client().connected().mac());
      rig.end();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 67})
  @Misbehaviour("H94")
  void h94_anMtuThatIpCannotLiveWithIsNotAccepted(int mtu) {
    for (Card card : Card.values()) {
      try (Rig rig = Rig.of(card.settings().withMtu(mtu))) {
        assertEquals(0, rig.device().driverFeatures() & ModelSettings.MTU);
        assertEquals(1500, rig.client().connected().mtu());
        rig.assertAtPeace();
        rig.end();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H95")
  void h95_aHugeMtuFitsAndOneThatChangesUnderTrafficCountsFromTheNextResetOn(Card card) {
    try (Rig rig = Rig.of(card.settings().withMtu(0xffff))) {
      assertEquals(0xffff, rig.client().connected().mtu());
      byte[] longest = bytes(1, 14 + 0xffff);
      assertTrue(rig.device().receive(longest));
      assertEquals(longest.length, rig.client().receive().length);
      rig.machine().lie(MTU, truth -> 100);
      tellOfAChange(rig);
      assertEquals(0xffff, rig.client().connected().mtu());
      assertTrue(rig.device().receive(longest));
      assertEquals(longest.length, rig.client().receive().length);
      rig.machine().beHonest(MTU);
      rig.assertAtPeace();
      rig.end();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 0x8001, 0xffff})
  @Misbehaviour("H96")
  void h96_noMorePairsAreUsedThanThereCanBe(int pairs) {
    HostileMachine machine = Rig.machine(Card.SPLIT.settings().withPairs(3));
    machine.lie(PAIRS, truth -> pairs);
    // What is not 3 places the control queue where the device has none, or another one.
    String settings = "virtionet.queue-pairs = 2\nvirtionet.disabled-features = [\"CTRL_VQ\"]\n";
    try (Rig rig = Rig.on(machine, settings)) {
      assertEquals(1, rig.device().pairs());
      rig.assertAtPeace();
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H97")
  void h97_unknownBitsAreMaskedAndAFlappingLinkEndsWithHowItIs(Card card) {
    try (Rig rig = Rig.of(card)) {
      rig.machine().lie(LINK, truth -> truth | 0xfffc);
      tellOfAChange(rig);
      assertTrue(rig.client().connected().link().up());
      assertEquals(0, rig.count(Counter.LINK_CHANGES));
      for (int time = 0; time < 1000; time++) {
        rig.device().setLink(time % 2 == 1);
        // So fast that each reading of a legacy device fell between two would be another fault.
        LockSupport.parkNanos(20_000);
      }
      rig.device().setLink(false);
      until("the link is down", () -> !rig.client().connected().link().up());
      rig.device().setLink(true);
      until("the link is up", () -> rig.client().connected().link().up());
      assertTrue(rig.count(Counter.LINK_CHANGES) <= 1002);
      rig.assertAtPeace();
      rig.end();
    }
  }

  @ParameterizedTest
  @EnumSource(Card.class)
  @Misbehaviour("H100")
  void h100_fieldsWhoseFeatureIsNotOfferedAreNotRead(Card card) {
    HostileMachine machine =
        Rig.machine(card.settings().without(ModelSettings.MAC | ModelSettings.STATUS));
    for (long offset = MAC; offset < MAC + 0x20; offset++) {
      machine.lie(offset, truth -> -1);
    }
    try (Rig rig = Rig.on(machine, "")) {
      tellOfAChange(rig);
      assertFalse(machine.reads().stream().anyMatch(offset -> offset >= MAC));
      rig.assertAtPeace();
      rig.end();
    }
  }

  private static void tellOfAChange(Rig rig) {
    long before = rig.count(Counter.CONFIG_CHANGES);
    rig.device().raise(CONFIGURATION);
    until("it is heard", () -> rig.count(Counter.CONFIG_CHANGES) > before);
    // The next look comes after this one.
    rig.device().raise(CONFIGURATION);
    until("it was looked into", () -> rig.count(Counter.CONFIG_CHANGES) > before + 1);
  }
}
