package virtionet.fuzz;

import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/**
 * Episodes of random misbehaviour, one after the other, all from one seed. One thread runs them;
 * any thread may ask how far it has come.
 */
final class Fuzzer {
  /** Of each episode. */
  static final int STEPS = 1000;

  private final long seed;
  private volatile ActLog log = new ActLog();
  private volatile Tally tally = new Tally(0, new Episode.Outcome(0, 0, 0, 0));

  /** What the episodes until now came to. */
  private record Tally(long episodes, Episode.Outcome sum) {
    Tally plus(Episode.Outcome more) {
      return new Tally(
          episodes + 1,
          new Episode.Outcome(
              sum.steps() + more.steps(),
              sum.lies() + more.lies(),
              sum.faults() + more.faults(),
              sum.frames() + more.frames()));
    }
  }

  Fuzzer(long seed) {
    this.seed = seed;
  }

  long steps() {
    return tally.sum().steps();
  }

  /** Faults that the driver told of. */
  long faults() {
    return tally.sum().faults();
  }

  /** Frames that the driver handed out. */
  long frames() {
    return tally.sum().frames();
  }

  /** Runs episodes from the first on. */
  void runWhile(BooleanSupplier condition) {
    while (condition.getAsBoolean()) {
      run(tally.episodes());
    }
  }

  /**
   * Runs the episode with that number.
   *
   * @throws AssertionError that tells all that is needed to see it again
   */
  void run(long episode) {
    log = new ActLog();
    var drawn = new Episode(new SplittableRandom(seed ^ 0x5851_f42d_4c95_7f2dL * episode), log);
    try {
      tally = tally.plus(drawn.run(STEPS));
    } catch (Exception | Error e) {
      // Whatever it is: a fault in mapped memory is an InternalError, endless recursion another.
      throw new AssertionError(report(episode, drawn, e), e);
    }
  }

  private String report(long episode, Episode drawn, Throwable problem) {
    return """
    %s, step %d: %s
    %s
    The last acts, each with its step:
      %s
    To see it again: %s\
    """
        .formatted(
            this, log.step(), problem, drawn, String.join("\n  ", log.last()), again(episode));
  }

  /** The command that runs this episode alone. */
  private String again(long episode) {
    return "./virtionet fuzz --seed %d --episode %d".formatted(seed, episode);
  }

  /** What it is at. */
  String position() {
    return "%s, step %d".formatted(again(tally.episodes()), log.step());
  }

  @Override
  public String toString() {
    Tally now = tally;
    return "seed %d: %d episodes, %d steps, %d misbehaviours, %d faults told, %d frames received"
        .formatted(
            seed,
            now.episodes(),
            now.sum().steps(),
            now.sum().lies(),
            now.sum().faults(),
            now.sum().frames());
  }
}
