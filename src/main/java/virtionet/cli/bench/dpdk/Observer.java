package virtionet.cli.bench.dpdk;

import java.time.Duration;
import java.util.OptionalDouble;

/**
 * Looks at judge and contender while a trial is on.
 *
 * @param java whether the contender can be asked what it allocates
 */
record Observer(Judge judge, Child contender, boolean java) {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** What a contender of Java has used by now. */
  private record Mark(long allocated, long collecting, Duration processor) {}

  Measurement measure(Trial trial, int round, Duration warmup, Duration measured)
      throws InterruptedException {
    var before = new Mark[1];
    if (java) {
      // The first answer makes what all further ones use.
      mark();
    }
    Verdict verdict = judge.run(trial, warmup, measured, () -> before[0] = mark());
    Mark after = mark();
    return new Measurement(
        round,
        verdict.rate(),
        verdict.lost(),
        verdict.changed(),
        verdict.trips(),
        java && verdict.frames() > 0
            ? OptionalDouble.of((double) (after.allocated - before[0].allocated) / verdict.frames())
            : OptionalDouble.empty(),
        after.collecting - before[0].collecting,
        (double) verdict.processorNanos() / verdict.nanos(),
        (double) after.processor.minus(before[0].processor).toNanos() / verdict.nanos());
  }

  private Mark mark() {
    if (!java) {
      return new Mark(0, 0, contender.processorTime());
    }
    contender.tell("mark");
    try {
      String[] words = contender.awaitLine("mark", PATIENCE).split(" ", -1);
      return new Mark(
          Long.parseLong(words[2]), Long.parseLong(words[4]), contender.processorTime());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted", e);
    }
  }
}
