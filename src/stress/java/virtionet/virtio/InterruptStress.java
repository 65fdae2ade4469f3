package virtionet.virtio;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * The driver asks for an interrupt and looks once more while the device uses a buffer (VirtIO 1.3
 * §2.7.14, §2.8.22): one of them sees the other.
 */
public class InterruptStress {
  private InterruptStress() {}

  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "an interrupt comes")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "the driver sees it itself")
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "both")
  @Outcome(id = "false, false", expect = FORBIDDEN, desc = "the driver sleeps for ever")
  @State
  public static class SplitFlags {
    private final StressRing ring = new StressRing(false, false);
    private final int head = ring.lend();

    @Actor
    public void device(ZZ_Result r) {
      ring.use(head);
      r.r1 = ring.device().wantsInterrupt();
    }

    @Actor
    public void driver(ZZ_Result r) {
      r.r2 = ring.driver().enableInterrupts(1);
    }
  }

  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "an interrupt comes")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "the driver sees it itself")
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "both")
  @Outcome(id = "false, false", expect = FORBIDDEN, desc = "the driver sleeps for ever")
  @State
  public static class SplitEventIndex {
    private final StressRing ring = new StressRing(false, true);
    private final int head = ring.lend();

    @Actor
    public void device(ZZ_Result r) {
      ring.use(head);
      r.r1 = ring.device().wantsInterrupt();
    }

    @Actor
    public void driver(ZZ_Result r) {
      r.r2 = ring.driver().enableInterrupts(1);
    }
  }

  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "an interrupt comes")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "the driver sees it itself")
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "both")
  @Outcome(id = "false, false", expect = FORBIDDEN, desc = "the driver sleeps for ever")
  @State
  public static class PackedFlags {
    private final StressRing ring = new StressRing(true, false);
    private final int head = ring.lend();

    @Actor
    public void device(ZZ_Result r) {
      ring.use(head);
      r.r1 = ring.device().wantsInterrupt();
    }

    @Actor
    public void driver(ZZ_Result r) {
      r.r2 = ring.driver().enableInterrupts(1);
    }
  }

  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "an interrupt comes")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "the driver sees it itself")
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "both")
  @Outcome(id = "false, false", expect = FORBIDDEN, desc = "the driver sleeps for ever")
  @State
  public static class PackedEventIndex {
    private final StressRing ring = new StressRing(true, true);
    private final int head = ring.lend();

    @Actor
    public void device(ZZ_Result r) {
      ring.use(head);
      r.r1 = ring.device().wantsInterrupt();
    }

    @Actor
    public void driver(ZZ_Result r) {
      r.r2 = ring.driver().enableInterrupts(1);
    }
  }
}
