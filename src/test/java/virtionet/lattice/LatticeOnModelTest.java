package virtionet.lattice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import virtionet.lattice.Combination.Exclusion;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;
import virtionet.testing.Requirement;
import virtionet.testing.TestBytes;

/** Each combination of features, on a device that checks the driver at each step. */
class LatticeOnModelTest {
  /** Checksums and TCP segmentation: with them the driver sends buffers of many pieces. */
  private static final long SENDS_LARGE = 1L | 1L << 11 | 1L << 12;

  static Stream<Combination> possible() {
    return Combination.possible();
  }

  static Stream<Combination> excluded() {
    return Combination.all().filter(combination -> !combination.exclusions().isEmpty());
  }

  private static ModelSettings device(Combination combination) {
    ModelSettings sound = combination.legacy() ? ModelSettings.legacy() : ModelSettings.modern();
    return sound
        .without(ModelSettings.EVENT_IDX | ModelSettings.ANY_LAYOUT)
        .offering(combination.mask() | SENDS_LARGE)
        .withMtu(Traffic.MTU);
  }

  private static DriverOnModel driver(ModelSettings device) {
    return DriverOnModel.with(
        "virtionet {\n" + String.join("\n", Traffic.SETTINGS) + "\n}", device);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("possible")
  @Requirement({"RSVD-DRV-06", "FEAT-DRV-08"})
  void allTrafficPassesWholeAndInOrderAndEachBufferComesBack(Combination combination)
      throws Exception {
    ModelSettings device = device(combination);
    try (var driver = driver(device)) {
      try (var near = NearEnd.connect(driver.system(), driver.net().flow())) {
        Traffic.pass(near, new ModelEnd(driver.device(), combination, Traffic.BUFFER), combination);
        assertEquals(device.features(), driver.device().driverFeatures());
      }
      driver.stopWithoutATrace();
    }
  }

  /** A device may offer too much; what comes of it is a combination that there is. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("excluded")
  @Requirement("FEAT-DRV-06")
  void whatIsExcludedIsNotNegotiatedAlthoughItIsOffered(Combination combination) throws Exception {
    try (var driver = driver(device(combination))) {
      try (var near = NearEnd.connect(driver.system(), driver.net().flow())) {
        Combination negotiated = Combination.of(combination.legacy(), near.connection().features());
        assertEquals(List.of(), negotiated.exclusions());
        var far = new ModelEnd(driver.device(), negotiated, Traffic.BUFFER);
        near.carry(far, 50, TestBytes.ofEachLength());
        far.carry(near, 50, TestBytes.ofEachLength());
      }
      driver.stopWithoutATrace();
    }
  }

  /** So that no combination is left out unnoticed: the rules take out these, and no others. */
  @Test
  void eachCombinationIsEitherTriedOrExcludedByANamedRule() {
    Map<Exclusion, Long> by = new EnumMap<>(Exclusion.class);
    Combination.all()
        .flatMap(combination -> combination.exclusions().stream())
        .forEach(exclusion -> by.merge(exclusion, 1L, Long::sum));
    assertEquals(128, Combination.all().distinct().count());
    assertEquals(
        Map.of(
            Exclusion.LEGACY_HAS_NO_PACKED_RING,
            32L,
            Exclusion.LEGACY_HAS_NO_IN_ORDER,
            32L,
            Exclusion.MODERN_NEEDS_NO_ANY_LAYOUT,
            32L),
        by);
    assertEquals(32, possible().filter(combination -> !combination.legacy()).count());
    assertEquals(16, possible().filter(Combination::legacy).count());
    assertFalse(possible().map(Combination::toString).distinct().count() < 48, "names differ");
  }
}
