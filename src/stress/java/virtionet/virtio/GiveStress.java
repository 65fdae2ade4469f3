package virtionet.virtio;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The device that finds a buffer finds its descriptors and its bytes as well (VirtIO 1.3 §2.7.13.3,
 * §2.8.21.1).
 */
public class GiveStress {
  private GiveStress() {}

  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "not there yet")
  @Outcome(id = "38, 7", expect = ACCEPTABLE, desc = "the whole buffer")
  @Outcome(expect = FORBIDDEN, desc = "seen before it was written")
  @State
  public static class Split {
    private final StressRing ring = new StressRing(false, false);

    @Actor
    public void driver() {
      ring.give();
    }

    @Actor
    public void device(II_Result r) {
      r.r1 = ring.take();
      r.r2 = ring.content(r.r1);
    }
  }

  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "not there yet")
  @Outcome(id = "38, 7", expect = ACCEPTABLE, desc = "the whole buffer")
  @Outcome(expect = FORBIDDEN, desc = "seen before it was written")
  @State
  public static class Packed {
    private final StressRing ring = new StressRing(true, false);

    @Actor
    public void driver() {
      ring.give();
    }

    @Actor
    public void device(II_Result r) {
      r.r1 = ring.take();
      r.r2 = ring.content(r.r1);
    }
  }
}
