package virtionet.virtio;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * The device asks for a doorbell and looks once more while the driver gives it a buffer (VirtIO 1.3
 * §2.7.13.4.1, §2.8.21.3.1): one of them sees the other.
 */
public class DoorbellStress {
  private DoorbellStress() {}

  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "the doorbell is rung")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "the device sees it itself")
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "both")
  @Outcome(id = "false, false", expect = FORBIDDEN, desc = "the device sleeps for ever")
  @State
  public static class SplitFlags {
    private final StressRing ring = new StressRing(false, false);

    @Actor
    public void driver(ZZ_Result r) {
      r.r1 = ring.give();
    }

    @Actor
    public void device(ZZ_Result r) {
      r.r2 = ring.device().enableNotifications();
    }
  }

  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "the doorbell is rung")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "the device sees it itself")
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "both")
  @Outcome(id = "false, false", expect = FORBIDDEN, desc = "the device sleeps for ever")
  @State
  public static class SplitEventIndex {
    private final StressRing ring = new StressRing(false, true);

    @Actor
    public void driver(ZZ_Result r) {
      r.r1 = ring.give();
    }

    @Actor
    public void device(ZZ_Result r) {
      r.r2 = ring.device().enableNotifications();
    }
  }

  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "the doorbell is rung")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "the device sees it itself")
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "both")
  @Outcome(id = "false, false", expect = FORBIDDEN, desc = "the device sleeps for ever")
  @State
  public static class PackedFlags {
    private final StressRing ring = new StressRing(true, false);

    @Actor
    public void driver(ZZ_Result r) {
      r.r1 = ring.give();
    }

    @Actor
    public void device(ZZ_Result r) {
      r.r2 = ring.device().enableNotifications();
    }
  }

  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "the doorbell is rung")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "the device sees it itself")
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "both")
  @Outcome(id = "false, false", expect = FORBIDDEN, desc = "the device sleeps for ever")
  @State
  public static class PackedEventIndex {
    private final StressRing ring = new StressRing(true, true);

    @Actor
    public void driver(ZZ_Result r) {
      r.r1 = ring.give();
    }

    @Actor
    public void device(ZZ_Result r) {
      r.r2 = ring.device().enableNotifications();
    }
  }
}
