package virtionet.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** The driver meets devices that do anything. A failure tells the command that shows it again. */
class FuzzerTest {
  private static final long STEPS = 1_000_000;

  @Test
  void theDriverOutlivesRandomMisbehaviourThatIsAlwaysTheSame() {
    run(20_260_101);
  }

  @Test
  void theDriverOutlivesRandomMisbehaviourThatNobodyHasSeenYet() {
    long seed = RandomGenerator.getDefault().nextLong();
    System.out.println("fuzzer: seed " + seed);
    run(seed);
  }

  private static void run(long seed) {
    var fuzzer = new Fuzzer(seed);
    Watched.run(fuzzer, () -> fuzzer.steps() < STEPS, () -> {});
    assertEquals(STEPS, fuzzer.steps());
    // It would be no trial if the device were always taken for broken, or never.
    assertTrue(fuzzer.faults() > STEPS / 100, fuzzer::toString);
    assertTrue(fuzzer.frames() > STEPS / 10, fuzzer::toString);
  }

  @Test
  void anEpisodeIsTheSameEachTime() {
    var one = new Fuzzer(7);
    var other = new Fuzzer(7);
    for (int episode = 0; episode < 20; episode++) {
      one.run(episode);
      other.run(episode);
      assertEquals(one.toString(), other.toString());
    }
  }
}
