package virtionet.virtio;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The driver that finds a used buffer finds its length and the bytes that the device wrote (VirtIO
 * 1.3 §2.7.14, §2.8.22).
 */
public class UseStress {
  private UseStress() {}

  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "not used yet")
  @Outcome(id = "21, 7", expect = ACCEPTABLE, desc = "length and bytes")
  @Outcome(expect = FORBIDDEN, desc = "seen before it was written")
  @State
  public static class Split {
    private final StressRing ring = new StressRing(false, false);
    private final int head = ring.lend();

    @Actor
    public void device() {
      ring.use(head);
    }

    @Actor
    public void driver(II_Result r) {
      r.r1 = ring.poll();
      r.r2 = ring.content(r.r1);
    }
  }

  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "not used yet")
  @Outcome(id = "21, 7", expect = ACCEPTABLE, desc = "length and bytes")
  @Outcome(expect = FORBIDDEN, desc = "seen before it was written")
  @State
  public static class Packed {
    private final StressRing ring = new StressRing(true, false);
    private final int head = ring.lend();

    @Actor
    public void device() {
      ring.use(head);
    }

    @Actor
    public void driver(II_Result r) {
      r.r1 = ring.poll();
      r.r2 = ring.content(r.r1);
    }
  }
}
