package virtionet.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.conformance.RegisterLog.Access;
import virtionet.machine.ForwardingRegisters;
import virtionet.machine.Registers;
import virtionet.net.Link;
import virtionet.net.Link.Duplex;
import virtionet.net.MacAddress;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelSettings;
import virtionet.testing.Requirement;
import virtionet.virtio.Health;

/** How the configuration space is read: VirtIO 1.3 §2.5, §5.1.4. */
class ConfigurationTest {
  private static final int GENERATION = 0x0fc;
  private static final int CONFIG = 0x100;
  private static final int MTU = CONFIG + 10;
  private static final int SPEED = CONFIG + 12;
  private static final int DUPLEX = CONFIG + 16;
  private static final long SPEED_DUPLEX = 1L << 63;

  /** A device whose address and MTU change after so many readings of its configuration. */
  private static final class Changing extends ForwardingRegisters {
    private static final byte[] OLD = MacAddress.parse("52:54:00:00:00:01").toBytes();
    private static final byte[] NEW = MacAddress.parse("02:ab:cd:ef:01:23").toBytes();
    private final int after;
    private int readings;

    Changing(Registers device, int after) {
      super(device);
      this.after = after;
    }

    private boolean changed() {
      return readings > after;
    }

    @Override
    public int read8(long offset) {
      super.read8(offset);
      readings++;
      return (changed() ? NEW : OLD)[(int) offset - CONFIG] & 0xff;
    }

    @Override
    public int read16(long offset) {
      int value = super.read16(offset);
      if (offset != MTU) {
        return value;
      }
      readings++;
      return changed() ? 1000 : 1400;
    }

    @Override
    public int read32(long offset) {
      int value = super.read32(offset);
      return offset == GENERATION ? (changed() ? 1 : 0) : value;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6})
  @Requirement({"CFG-DRV-01", "CFG-DRV-02", "CFG-DRV-03"})
  void aConfigurationThatChangesWhileItIsReadIsReadAgain(int after) {
    assertOneMoment(ModelSettings.modern(), after);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6})
  @Requirement("CFG-LEG-01")
  void aLegacyConfigurationIsBelievedOnceTwoReadingsAgree(int after) {
    assertOneMoment(ModelSettings.legacy(), after);
  }

  private static void assertOneMoment(ModelSettings settings, int after) {
    try (Card card = Card.up(settings.withMtu(1500), device -> new Changing(device, after))) {
      assertEquals(MacAddress.of(Changing.NEW, 0), card.device().mac());
      assertEquals(1000, card.device().mtu());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "5, 0 1 2 3 4 5",
    "16, 6",
    "3, 10",
    "63, 12 16",
    "32, ''",
    "57, 17 20",
    "60, 17 18 20"
  })
  @Requirement({"CFG-DRV-04", "NETCFG-IMP-01"})
  @Misbehaviour("H100")
  void aFieldIsReadOnlyWhereItsFeatureIsOffered(int bit, String fields) {
    ModelSettings settings =
        ModelSettings.modern().without(-1L).offering(ModelSettings.VERSION_1 | 1L << bit);
    try (Card card = Card.up(settings)) {
      card.device().readLink();
      assertEquals(
          fields.isEmpty() ? Set.of() : Set.of(fields.split(" ")),
          configuration(card).stream()
              .map(access -> Integer.toString(access.offset() - CONFIG))
              .collect(Collectors.toSet()));
    }
  }

  private static List<Access> configuration(Card card) {
    return card.log().accesses().stream().filter(access -> access.offset() >= CONFIG).toList();
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement("MMIO-DRV-05")
  void eachFieldIsReadInItsOwnWidth(ModelSettings settings) {
    ModelSettings rich = settings.withMtu(1500).offering(settings.isLegacy() ? 0 : SPEED_DUPLEX);
    try (Card card = Card.up(rich)) {
      for (Access access : configuration(card)) {
        int at = access.offset() - CONFIG;
        int bits = at < 6 || at == 16 || at == 17 ? 8 : at == 12 || at >= 20 ? 32 : 16;
        assertEquals(bits, access.bits(), access::toString);
      }
      assertTrue(configuration(card).size() >= 8);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0x112, 0x200, 0x1000, 0x10000})
  @Requirement({"CFG-DRV-05", "CFG-DRV-06"})
  void aConfigurationSpaceOfAnySizeIsAcceptedThatHoldsTheFieldsInUse(long window) {
    UnaryOperator<Registers> resized =
        device ->
            new ForwardingRegisters(device) {
              @Override
              public long size() {
                return window;
              }
            };
    try (Card card = Card.up(ModelSettings.modern().withMtu(1400), resized)) {
      assertEquals(1400, card.device().mtu());
      card.traffic(1);
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement({"NETCFG-DRV-03", "NETCFG-DRV-04"})
  void theCardsAddressIsTheDevicesOrElseALocalOne(ModelSettings settings) {
    try (Card card = Card.up(settings.withMac("52:54:00:aa:bb:cc"));
        Card nameless = Card.up(settings.without(ModelSettings.MAC))) {
      assertEquals(MacAddress.parse("52:54:00:aa:bb:cc"), card.device().mac());
      assertEquals(Card.OWN_MAC, nameless.device().mac());
      assertEquals(2, nameless.device().mac().toBytes()[0] & 3, "a station's, local");
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement({"NETCFG-DRV-05", "NETCFG-DRV-06", "INIT-IMP-01", "NETCFG-LEG-01"})
  void theLinkIsWhatTheStatusSaysAndUpWhereThereIsNone(ModelSettings settings) {
    try (Card card = Card.up(settings);
        Card silent = Card.up(settings.without(ModelSettings.STATUS))) {
      for (boolean up : new boolean[] {false, true, false}) {
        card.model().setLink(up);
        silent.model().setLink(up);
        assertEquals(2, card.device().takeInterrupts());
        assertEquals(up, card.device().readLink().up());
        assertTrue(silent.device().readLink().up());
      }
    }
  }

  /** A device that says this of its speed; of several answers the last for ever. */
  private static UnaryOperator<Registers> speaking(int[] speed, int[] duplex) {
    return device ->
        new ForwardingRegisters(device) {
          @Override
          public int read32(long offset) {
            int value = super.read32(offset);
            return offset == SPEED ? speed[0] : value;
          }

          @Override
          public int read8(long offset) {
            int value = super.read8(offset);
            return offset == DUPLEX ? duplex[0] : value;
          }
        };
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "1000, 1000",
    "0x7fffffff, 2147483647",
    "0x80000000,",
    "0xfffffffe,",
    "0xffffffff,"
  })
  @Requirement("NETCFG-DRV-11")
  @Misbehaviour("H98")
  void aSpeedAbove0x7fffffffIsUnknown(String said, String speed) {
    int[] answer = {Long.decode(said).intValue()};
    ModelSettings settings = ModelSettings.modern().offering(SPEED_DUPLEX);
    try (Card card = Card.up(settings, speaking(answer, new int[] {1}))) {
      OptionalLong expected =
          speed == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(speed));
      assertEquals(expected, card.device().readLink().speed());
    }
  }

  @ParameterizedTest
  @CsvSource({"0, HALF", "1, FULL", "2, UNKNOWN", "0x7f, UNKNOWN", "0xff, UNKNOWN"})
  @Requirement("NETCFG-DRV-12")
  @Misbehaviour("H98")
  void aDuplexOtherThanZeroAndOneIsUnknown(String said, Duplex duplex) {
    ModelSettings settings = ModelSettings.modern().offering(SPEED_DUPLEX);
    int[] answer = {Integer.decode(said)};
    try (Card card = Card.up(settings, speaking(new int[] {10}, answer))) {
      assertEquals(duplex, card.device().readLink().duplex());
    }
  }

  @Test
  @Requirement("NETCFG-DRV-13")
  void speedAndDuplexAreReadAgainAfterAChange() {
    int[] speed = {100};
    int[] duplex = {0};
    ModelSettings settings = ModelSettings.modern().offering(SPEED_DUPLEX);
    try (Card card = Card.up(settings, speaking(speed, duplex))) {
      assertEquals(OptionalLong.of(100), card.device().initialLink().speed());
      speed[0] = 25_000;
      duplex[0] = 1;
      Link now = card.device().readLink();
      assertEquals(OptionalLong.of(25_000), now.speed());
      assertEquals(Duplex.FULL, now.duplex());
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement("INIT-IMP-02")
  void aConfigurationInterruptMayMeanThatAResetIsNeeded(ModelSettings settings) {
    try (Card card = Card.up(settings)) {
      card.model().needReset();
      assertEquals(2, card.device().takeInterrupts());
      assertEquals(Health.NEEDS_RESET, card.device().health());
      assertFalse(card.log().accesses().isEmpty());
    }
  }
}
