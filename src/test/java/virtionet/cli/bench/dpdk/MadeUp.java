package virtionet.cli.bench.dpdk;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import virtionet.cli.bench.contender.Mode;

/** Results that nobody measured. */
final class MadeUp {
  static final Contender RAW = contender("raw");
  static final Trial ONE = new Trial(Mode.IO, 64, 1, 0);
  static final Trial MILLION = new Trial(Mode.IO, 64, 256, 1_000_000);

  private MadeUp() {}

  static Contender contender(String text) {
    return Contender.parseAll(text).getFirst();
  }

  static Results none(String contenders) {
    return new Results(
        new Bench.Plan(
            Contender.parseAll(contenders),
            List.of(Mode.IO),
            List.of(64),
            3,
            Duration.ofSeconds(5),
            Duration.ofSeconds(2),
            1,
            0));
  }

  /** A rate for each round, from the first. */
  static void rates(Results results, String contender, double... rates) {
    for (int i = 0; i < rates.length; i++) {
      results.add(contender(contender), Trial.MAIN, measurement(i + 1, rates[i], Map.of()));
    }
  }

  static Measurement measurement(int round, double rate, Map<Double, Double> trips) {
    return new Measurement(
        round, rate, 0, 0, trips, OptionalDouble.of(24), 0, 0.5 + 0.1 * round, 1);
  }
}
