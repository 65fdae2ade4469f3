package virtionet.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.net.NetFeature;
import virtionet.testing.FeatureRules;
import virtionet.testing.Misbehaviour;
import virtionet.testing.ModelSettings;
import virtionet.testing.Requirement;
import virtionet.virtio.CommonFeature;

/** Which features the driver accepts: VirtIO 1.3 §2.2, §6. */
class FeaturesTest {
  private static final int STATUS = 0x070;
  private static final int QUEUE_SEL = 0x030;

  /** The offer of a device, all 64 bits of it. */
  private static ModelSettings offering(boolean legacy, long features) {
    ModelSettings settings = legacy ? ModelSettings.legacy() : ModelSettings.modern();
    return settings.without(-1L).offering(features);
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement({
    "FEAT-DRV-04",
    "FEAT-DRV-05",
    "FEAT-DRV-06",
    "FEAT-DRV-07",
    "FEAT-DRV-10",
    "MMIO-IMP-03",
    "RSVD-DRV-10",
    "RSVD-LEG-02"
  })
  @Misbehaviour("H19")
  void whateverElseIsOfferedOnlyWhatIsMeantForThisDeviceIsAccepted(ModelSettings settings) {
    long modernOnly = settings.isLegacy() ? CommonFeature.VERSION_1.mask() : 0;
    try (Card card = Card.up(settings.offering(-1L & ~modernOnly))) {
      long accepted = card.model().driverFeatures();
      assertEquals(List.of(), FeatureRules.problems(accepted, settings.isLegacy()));
      long described = 0;
      for (NetFeature feature : NetFeature.values()) {
        described |= feature.mask();
      }
      for (CommonFeature feature : CommonFeature.values()) {
        described |= feature.mask();
      }
      assertEquals(0, accepted & ~described);
      for (int bit : new int[] {4, 30, 37, 39, 41, 42, 49, 58}) {
        assertEquals(0, accepted >>> bit & 1, "bit " + bit);
      }
      assertTrue(accepted != 0);
    }
  }

  @Test
  @Requirement({"FEAT-DRV-01", "FEAT-DRV-02", "FEAT-DRV-03"})
  @Misbehaviour({"H18", "H19"})
  void anyOfferHoweverContradictoryLeadsToASetThatIsOfferedAndClosed() {
    var random = new SplittableRandom(4);
    for (int round = 0; round < 150; round++) {
      boolean legacy = random.nextBoolean();
      long offered = random.nextLong() & (random.nextBoolean() ? random.nextLong() : -1L);
      offered = legacy ? offered & 0xffff_ffffL : offered | CommonFeature.VERSION_1.mask();
      try (Card card = Card.up(offering(legacy, offered))) {
        long accepted = card.model().driverFeatures();
        assertEquals(0, accepted & ~offered, () -> "not offered: " + Long.toHexString(accepted));
        assertEquals(List.of(), FeatureRules.problems(accepted, legacy));
      }
    }
  }

  @Test
  @Requirement({"FEAT-DRV-08", "NETINIT-IMP-02"})
  void withoutAnyFeatureBeyondTheInterfaceTheCardStillWorks() {
    try (Card modern = Card.up(offering(false, CommonFeature.VERSION_1.mask()));
        Card legacy = Card.up(offering(true, 0))) {
      modern.traffic(1);
      legacy.traffic(1);
      assertEquals(CommonFeature.VERSION_1.mask(), modern.model().driverFeatures());
      assertEquals(0, legacy.model().driverFeatures());
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#both")
  @Requirement({"NETCFG-DRV-02", "NETCFG-DRV-07"})
  void theAddressAndTheMtuAreNegotiatedWhereOffered(ModelSettings settings) {
    try (Card card = Card.up(settings.withMtu(1400))) {
      assertTrue(NetFeature.MAC.in(card.model().driverFeatures()));
      assertTrue(NetFeature.MTU.in(card.model().driverFeatures()));
    }
  }

  @Test
  @Requirement("NETTX-DRV-09")
  void fragmentsOfUdpAreNeverAgreedUpon() {
    try (Card card = Card.up(ModelSettings.modern().offering(-1L))) {
      assertFalse(NetFeature.HOST_UFO.in(card.model().driverFeatures()));
      assertFalse(NetFeature.GUEST_UFO.in(card.model().driverFeatures()));
    }
  }

  @Test
  @Requirement("RSVD-DRV-01")
  void version1IsAcceptedWhereItIsOffered() {
    try (Card card = Card.up(ModelSettings.modern())) {
      assertTrue(CommonFeature.VERSION_1.in(card.model().driverFeatures()));
    }
  }

  @Test
  @Requirement({"FEAT-DRV-09", "FEAT-LEG-01", "RSVD-DRV-02"})
  @Misbehaviour("H20")
  void aModernInterfaceWithoutVersion1IsGivenUpBeforeItsQueuesAreTouched() {
    var refused = Card.refused(ModelSettings.modern().without(ModelSettings.VERSION_1));
    assertTrue(refused.reason().contains("VERSION_1"), refused.reason());
    assertEquals(List.of(0, 1, 3, 131, 0), refused.log().written(STATUS));
    assertEquals(List.of(), refused.log().written(QUEUE_SEL));
  }

  @Test
  @Requirement({"FEAT-LEG-01", "RSVD-LEG-01", "RSVD-LEG-03"})
  void aLegacyDeviceIsKnownByItsInterfaceAndKeepsToTheFirstWordOfFeatures() {
    long offered = ModelSettings.ANY_LAYOUT | CommonFeature.NOTIFY_ON_EMPTY.mask();
    try (Card card = Card.up(offering(true, offered))) {
      assertTrue(card.device().isLegacy());
      assertEquals(ModelSettings.ANY_LAYOUT, card.model().driverFeatures());
      assertEquals(List.of(0), card.log().written(0x014));
      assertEquals(List.of(0), card.log().written(0x024));
    }
  }

  @ParameterizedTest
  @MethodSource("virtionet.conformance.Card#all")
  @Requirement("RSVD-DRV-05")
  void eachAddressThatTheDeviceGetsLiesInMemoryThatItCanReach(ModelSettings settings) {
    try (Card card = Card.up(settings.offering(ModelSettings.ACCESS_PLATFORM))) {
      assertFalse(CommonFeature.ACCESS_PLATFORM.in(card.model().driverFeatures()));
      card.traffic(1);
      for (int queue = 0; queue < 2; queue++) {
        RingMemory ring = card.ring(queue);
        for (int index = 0; index < ring.availableIndex(); index++) {
          // Throws for an address that is not physical.
          ring.chain(ring.head(index))
              .forEach(piece -> card.machine().view().at(piece.address(), piece.length()));
        }
        assertTrue(ring.availableIndex() > 0);
      }
    }
  }
}
