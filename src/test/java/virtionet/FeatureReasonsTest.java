package virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtionet.driver.ControlException;
import virtionet.net.NetFeature;
import virtionet.testing.DriverOnModel;
import virtionet.testing.ModelSettings;
import virtionet.virtio.FeatureReport;

/** Why a feature that the device offers and the driver knows is not accepted, and the remedy. */
class FeatureReasonsTest {
  private static final List<NetFeature> LARGE =
      List.of(
          NetFeature.GUEST_TSO4,
          NetFeature.GUEST_TSO6,
          NetFeature.GUEST_ECN,
          NetFeature.GUEST_USO4,
          NetFeature.GUEST_USO6);
  private static final ModelSettings DEVICE =
      ModelSettings.modern()
          .withPairs(2)
          .offering(ModelSettings.CONTROL | ModelSettings.ANY_LAYOUT)
          .offering(NetFeature.GUEST_CSUM.mask())
          .offering(LARGE.stream().mapToLong(NetFeature::mask).sum());

  private static FeatureReport report(String settings) {
    try (var driver = DriverOnModel.with(settings, DEVICE)) {
      FeatureReport report = driver.connected().connected().features();
      driver.stopWithoutATrace();
      return report;
    }
  }

  private static FeatureReport.Line line(FeatureReport report, String feature) {
    return report.lines().stream()
        .filter(line -> line.name().equals(feature))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({
    "MQ, not asked for (queue-pairs = 2 or more)",
    "GUEST_TSO4, not asked for (received-frames = as-given)",
    "GUEST_TSO6, not asked for (received-frames = as-given)",
    "GUEST_ECN, not asked for (received-frames = as-given)",
    "GUEST_USO4, not asked for (received-frames = as-given)",
    "GUEST_USO6, not asked for (received-frames = as-given)",
    "ANY_LAYOUT, VERSION_1 says as much by itself"
  })
  void whatIsNotAskedForIsReportedWithTheRemedyAndRefusedWithItWhenRequired(
      String feature, String reason) {
    assertEquals(reason, line(report(""), feature).reason());
    String required = "virtionet.required-features = [%s]".formatted(feature);
    try (var driver = DriverOnModel.with(required, DEVICE)) {
      String failure = driver.failure();
      assertTrue(failure.contains(feature) && failure.contains(reason), failure);
    }
  }

  @Test
  void theRemedyHelps() {
    FeatureReport report = report("virtionet { queue-pairs = 2, received-frames = as-given }");
    assertTrue(report.accepted(NetFeature.MQ));
    LARGE.forEach(feature -> assertTrue(report.accepted(feature), feature::name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"MQ", "GUEST_TSO4", "GUEST_USO6", "ANY_LAYOUT"})
  void thatAFeatureIsSwitchedOffIsTheFirstReasonToTell(String feature) {
    FeatureReport report = report("virtionet.disabled-features = [%s]".formatted(feature));
    assertEquals(
        "switched off in the settings (disabled-features)", line(report, feature).reason());
  }

  @Test
  void aCommandThatNeedsItFailsWithTheSameReason() {
    try (var driver = DriverOnModel.with("", DEVICE)) {
      var control = driver.connected().connected().control();
      assertUnsupported(
          "MQ, which was not accepted: not asked for (queue-pairs = 2 or more)",
          control.queuePairs(2));
      assertUnsupported(
          "GUEST_TSO4, which was not accepted: not asked for (received-frames = as-given)",
          control.guestOffloads(Set.of(NetFeature.GUEST_TSO4, NetFeature.GUEST_CSUM)));
      driver.stopWithoutATrace();
    }
  }

  private static void assertUnsupported(String words, CompletionStage<?> command) {
    var failure = assertInstanceOf(ControlException.class, DriverOnModel.failureOf(command));
    String message = String.valueOf(failure.getMessage());
    assertEquals(ControlException.Kind.UNSUPPORTED, failure.kind(), message);
    assertTrue(message.contains(words), message);
  }
}
