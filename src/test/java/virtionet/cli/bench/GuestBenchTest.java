package virtionet.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.StringReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import virtionet.net.MacAddress;

/** What the host makes of a guest's lines. */
class GuestBenchTest {
  private static final MacAddress MAC = MacAddress.parse("52:54:00:12:34:57");

  private final List<String> shown = new ArrayList<>();

  @Test
  void medianAndRatioAreOfTheRoundTripsAfterTheWarmUp() throws Exception {
    GuestBench bench =
        listen(
            """
            round 1
            trips kernel 2 9.0 9.0 1.0 2.0 3.0
            trips virtionet 2 90.0 90.0 2.0 3.0 9.0
            round 2
            trips kernel 2 9.0 9.0 4.0 4.0 4.0
            trips virtionet 2 90.0 90.0 4.0 4.0 4.0
            done
            """);
    Report.Line median = bench.report().lines().getFirst();
    assertEquals("2.000 (2.000–4.000) ms", median.kernel());
    assertEquals("3.000 (3.000–4.000) ms", median.virtionet());
    assertEquals("1.00 (1.00–1.50)", median.ratio());
    assertEquals(List.of(), bench.errors());
  }

  @Test
  void framesOfBothSizesGoRoundWhenTheGuestIsReady() throws Exception {
    GuestBench bench = listen("wire virtionet\nwork virtionet 200 20\ndone\n");
    assertEquals(List.of(), bench.errors());
    for (int size : GuestBench.SIZES) {
      List<Double> rounds = numbers(bench, "frames/s, " + size + ", virtionet");
      assertEquals(1, rounds.size());
      assertTrue(rounds.getFirst() > 0, rounds.toString());
    }
    assertEquals(List.of(10.0), numbers(bench, "interrupts per 100 frames, virtionet"));
  }

  @Test
  void framesThatComeBackChangedAreAnError() throws Exception {
    GuestBench bench =
        listen(
            "wire virtionet\ndone\n",
            frame -> {
              frame[40] ^= 1;
              return frame;
            });
    assertEquals(List.of("frames came back changed"), bench.errors());
  }

  @Test
  void aGuestThatEndsEarlyOrFailsOrSaysNonsenseIsAnError() throws Exception {
    assertEquals(
        List.of("the guest ended before its measurements did"), listen("round 1\n").errors());
    assertEquals(
        List.of("ping over the kernel failed in the guest"),
        listen("error ping over the kernel\ndone\n").errors());
    assertEquals(
        List.of("the guest said what cannot be understood: work virtionet 12"),
        listen("work virtionet 12\ndone\n").errors());
  }

  @Test
  void whatIsNoneOfItsWordsIsForPeople() throws Exception {
    listen("  a line of a log\ndone\n");
    assertEquals(List.of("  a line of a log"), shown);
  }

  private static List<Double> numbers(GuestBench bench, String series) {
    return bench.report().numbers().getOrDefault(series, List.of());
  }

  private GuestBench listen(String lines) throws Exception {
    return listen(lines, frame -> frame);
  }

  private GuestBench listen(String lines, UnaryOperator<byte[]> treatment) throws Exception {
    try (var end = FarEnd.open();
        var _ = new Reflector(end.netdev(), treatment)) {
      var bench =
          new GuestBench(end, MAC, 16, Duration.ofMillis(1), Duration.ofMillis(500), shown::add);
      bench.run(new BufferedReader(new StringReader(lines)));
      return bench;
    }
  }
}
