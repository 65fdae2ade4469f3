package virtionet.net;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** Two threads at the list of free buffers: each number has one holder, and none is lost. */
public class FreeListStress {
  private FreeListStress() {}

  @JCStressTest
  @Outcome(id = "0, 1, 1", expect = ACCEPTABLE, desc = "one after the other")
  @Outcome(id = "1, 0, 1", expect = ACCEPTABLE, desc = "the other way round")
  @Outcome(expect = FORBIDDEN, desc = "a number twice, or lost")
  @State
  public static class TwoTake {
    private final FreeList list = new FreeList(3);

    @Actor
    public void first(III_Result r) {
      r.r1 = list.pop();
    }

    @Actor
    public void second(III_Result r) {
      r.r2 = list.pop();
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = list.size();
    }
  }

  /** What makes a list that compares its top alone give out a number twice. */
  @JCStressTest
  @Outcome(id = "1, 3", expect = ACCEPTABLE, desc = "before or behind the other's change")
  @Outcome(id = "2, 3", expect = ACCEPTABLE, desc = "in the midst of it")
  @Outcome(expect = FORBIDDEN, desc = "a number twice, or lost")
  @State
  public static class TakenAndGivenBackMeanwhile {
    private final FreeList list = new FreeList(3);

    @Actor
    public void taker(II_Result r) {
      int number = list.pop();
      list.push(number);
      r.r1 = number == 0 ? 1 : 2;
    }

    @Actor
    public void changer() {
      int first = list.pop();
      int second = list.pop();
      list.push(first);
      list.push(second);
    }

    @Arbiter
    public void all(II_Result r) {
      boolean[] seen = new boolean[3];
      int found = 0;
      for (int number; (number = list.pop()) >= 0 && !seen[number]; found++) {
        seen[number] = true;
      }
      r.r2 = found;
    }
  }

  @JCStressTest
  @Outcome(id = "3, 3", expect = ACCEPTABLE, desc = "three that hang together")
  @Outcome(expect = FORBIDDEN, desc = "half of a chain, or a number lost")
  @State
  public static class ManyAtOnce {
    private final FreeList list = new FreeList(4);
    private final int held = list.pop();
    private final int[] taken = new int[4];

    @Actor
    public void taker(II_Result r) {
      r.r1 = list.pop(taken, 3);
      list.push(taken, r.r1);
    }

    @Actor
    public void giver() {
      list.push(held);
      list.pop();
    }

    @Arbiter
    public void all(II_Result r) {
      r.r2 = list.size();
    }
  }
}
