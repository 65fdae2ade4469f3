package virtionet.cli.bench.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is made of made-up numbers. */
class ReportTest {

  @Test
  void theLastLineHasTheMediansOfTheRatiosOfEachRound() {
    Results results = MadeUp.none("dpdk,raw,batch,frame");
    MadeUp.rates(results, "dpdk", 10e6, 5e6, 8e6);
    // The medians' own ratio would be 0.75.
    MadeUp.rates(results, "raw", 11e6, 6e6, 4e6);
    MadeUp.rates(results, "frame", 5e6, 2e6, 4e6);
    assertEquals(
        "bench: raw 1.10 batch - frame 0.50 (ratios to DPDK virtio-user, io 64 B)",
        new Report(results).lastLine());
  }

  @Test
  void aRoundThatFailedOnOneSideGivesNoRatio() {
    Results results = MadeUp.none("dpdk,raw");
    MadeUp.rates(results, "dpdk", 10e6);
    results.add(Contender.DPDK, Trial.MAIN, MadeUp.measurement(3, 20e6, Map.of()));
    MadeUp.rates(results, "raw", 5e6, 100e6, 5e6);
    assertEquals(
        List.of(0.5, 0.25),
        results.ratios(MadeUp.RAW, Contender.DPDK, Trial.MAIN, Measurement::rate).values());
  }

  @Test
  void withoutNumbersNothingIsMadeUp() {
    var report = new Report(MadeUp.none("raw,packet"));
    assertTrue(report.lastLine().startsWith("bench: raw - batch - frame - ("), report.lastLine());
    assertEquals(4, report.tables().size());
    assertEquals(
        List.of("virtionet, raw queues", "missing", "-", "1.0", "", ""),
        report.tables().getFirst().rows().getFirst());
    assertEquals(List.of(), report.noise());
  }

  @Test
  void theTableTellsRatesRatiosGoalsAndWhatIsAllocated() {
    Results results = MadeUp.none("dpdk,raw,packet-java");
    MadeUp.rates(results, "dpdk", 10e6, 8e6, 9e6);
    MadeUp.rates(results, "raw", 9e6, 8e6, 9e6);
    MadeUp.rates(results, "packet-java", 9e5, 8e5, 9e5);
    List<Report.Table> tables = new Report(results).tables();
    assertEquals(
        List.of(
            "virtionet, raw queues", "9.000 (8.000–9.000)", "1.00 (0.90–1.00)", "1.0", "24.0", ""),
        tables.getFirst().rows().get(1));
    assertEquals("Against others, io 64 B, 256 in flight", tables.getLast().title());
    assertEquals(
        List.of(List.of("virtionet, raw queues / AF_PACKET, Java", "10.00 (10.00–10.00)", "15")),
        tables.getLast().rows());
  }

  @Test
  void timesAreJudgedByTheirPercentilesAndSlownessIsSaid() {
    Results results = MadeUp.none("dpdk,raw");
    results.add(Contender.DPDK, MadeUp.MILLION, timed(1e6, 1000, 5600));
    results.add(MadeUp.RAW, MadeUp.MILLION, timed(0.5e6, 2000, 11_200));
    results.add(Contender.DPDK, MadeUp.ONE, timed(1e6, 1000, 5600));
    results.add(MadeUp.RAW, MadeUp.ONE, timed(1e6, 1200, 5600));
    List<Report.Table> tables = new Report(results).tables();
    assertEquals(
        List.of(
            "virtionet, raw queues",
            "1.000",
            "1.20",
            "-",
            "-",
            "5.60",
            "1.20 (1.20–1.20)",
            "at most 1.25"),
        tables.get(1).rows().get(1));
    assertEquals(
        List.of(
            "virtionet, raw queues",
            "0.500 (too slow)",
            "2.00",
            "-",
            "-",
            "11.20",
            "2.00 (2.00–2.00)",
            "at most 3"),
        tables.get(3).rows().get(1));
  }

  private static Measurement timed(double rate, double median, double most) {
    return MadeUp.measurement(1, rate, Map.of(50.0, median, 99.99, most));
  }

  @Test
  void changedFramesAndSilenceAreErrors() {
    Results results = MadeUp.none("dpdk");
    MadeUp.rates(results, "dpdk", 0);
    results.add(
        Contender.DPDK,
        Trial.MAIN,
        new Measurement(2, 1, 0, 3, Map.of(), java.util.OptionalDouble.empty(), 0, 1, 1));
    assertEquals(
        List.of(
            "round 1, dpdk, io 64 B, 256 in flight: not a frame passed",
            "round 2, dpdk, io 64 B, 256 in flight: 3 frames came back changed"),
        results.errors());
  }

  @Test
  void theNoiseIsThatOfTheDeviceOfDpdkAndOfTheMachine() {
    Results results = MadeUp.none("dpdk");
    MadeUp.rates(results, "dpdk", 10e6, 8e6, 9e6);
    results.noise(Noise.of(new long[] {40, 0, 10, 30, 10, 0, 0, 10}, 1.5, 2.5));
    results.weighted(true);
    results.weighted(false);
    assertEquals(
        List.of(
            "noise: the device had 70 % of its core in the median, 60 % at the least",
            "noise: DPDK's own rounds differ by a factor of 1.25",
            "noise: the host took 10.0 % of the processors, all together were busy for 60 %; load"
                + " 1.5 before, 2.5 after",
            "noise: the scheduler could not be told to prefer the measured programs"),
        new Report(results).noise());
  }
}
