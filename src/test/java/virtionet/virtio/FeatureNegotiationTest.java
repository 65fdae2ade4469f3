package virtionet.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import virtionet.net.NetFeature;
import virtionet.testing.Misbehaviour;
import virtionet.testing.Requirement;

class FeatureNegotiationTest {
  private static final long ALL = -1L;

  private static FeatureNegotiation wantingAll() {
    return new FeatureNegotiation()
        .want(List.of(NetFeature.values()))
        .want(List.of(CommonFeature.values()));
  }

  private static String reason(FeatureReport report, Feature feature) {
    return report.lines().stream()
        .filter(line -> line.bit() == feature.bit())
        .findFirst()
        .orElseThrow()
        .reason();
  }

  @Test
  void onlyWhatIsOfferedAndWantedIsAccepted() {
    long offered = NetFeature.MAC.mask() | NetFeature.CSUM.mask();
    FeatureReport report =
        new FeatureNegotiation()
            .know(List.of(NetFeature.values()))
            .want(List.of(NetFeature.MAC, NetFeature.STATUS))
            .negotiate(offered);
    assertEquals(NetFeature.MAC.mask(), report.accepted());
    assertEquals("not offered", reason(report, NetFeature.STATUS));
    assertEquals("not used by this driver", reason(report, NetFeature.CSUM));
  }

  @Test
  void bitsThatNobodyDescribesAreNamedAndNotAccepted() {
    FeatureReport report = wantingAll().negotiate(ALL);
    for (int bit : new int[] {4, 25, 26, 30, 31, 42, 49, 50, 58}) {
      assertEquals(0, report.accepted() & (1L << bit), "bit " + bit);
    }
    assertTrue(
        report
            .lines()
            .contains(
                new FeatureReport.Line(
                    30, "bit 30", true, false, false, "unknown to this driver")));
  }

  @Test
  @Requirement({"FEAT-DRV-02", "NETFEAT-IMP-02"})
  void aFeatureWithoutItsPrerequisiteIsNotAcceptedAndSaysWhichOne() {
    long withoutCsum = ALL & ~NetFeature.CSUM.mask();
    FeatureReport report = wantingAll().negotiate(withoutCsum);
    assertEquals("needs CSUM, which was not accepted", reason(report, NetFeature.HOST_TSO4));
    assertEquals(
        "needs HOST_TSO4 or HOST_TSO6, which was not accepted",
        reason(report, NetFeature.HOST_ECN));
  }

  @Test
  void oneOfSeveralAlternativesIsEnough() {
    long offered =
        NetFeature.GUEST_CSUM.mask() | NetFeature.GUEST_TSO6.mask() | NetFeature.GUEST_ECN.mask();
    assertEquals(offered, wantingAll().negotiate(offered).accepted());
  }

  @Test
  void aDeclinedFeatureTakesItsDependantsWithIt() {
    FeatureReport report = wantingAll().decline(NetFeature.CTRL_VQ, "switched off").negotiate(ALL);
    assertEquals("switched off", reason(report, NetFeature.CTRL_VQ));
    assertEquals("needs CTRL_VQ, which was not accepted", reason(report, NetFeature.MQ));
  }

  @Test
  void aRequiredFeatureThatIsNotOfferedIsAnErrorThatNamesIt() {
    var negotiation = new FeatureNegotiation().require(CommonFeature.VERSION_1);
    var refusal = assertThrows(VirtioException.class, () -> negotiation.negotiate(0));
    assertTrue(String.valueOf(refusal.getMessage()).contains("VERSION_1 (bit 32): not offered"));
  }

  @Test
  @Requirement("FEAT-DRV-02")
  @Misbehaviour("H18")
  void whateverIsOfferedTheAcceptedSetIsClosedUnderItsNeeds() {
    var random = new Random(42);
    for (int round = 0; round < 20_000; round++) {
      long sparser = random.nextLong();
      long offered = random.nextLong() & sparser;
      long accepted = wantingAll().negotiate(offered).accepted();
      assertEquals(0, accepted & ~offered);
      for (NetFeature feature : NetFeature.values()) {
        if (feature.in(accepted)) {
          feature
              .needs()
              .forEach(any -> assertTrue(any.stream().anyMatch(need -> need.in(accepted))));
        }
      }
    }
  }
}
