package virtionet.net;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;
import org.openjdk.jcstress.infra.results.ZII_Result;
import org.openjdk.jcstress.infra.results.ZI_Result;
import org.openjdk.jcstress.infra.results.ZZZ_Result;
import virtionet.machine.DeviceRegion;

/** Frames that are released by other threads than their buffers' owner. */
public class FrameStress {
  private static final int BUFFER = 16;

  private FrameStress() {}

  private static final class Region implements DeviceRegion {
    private final MemorySegment segment = MemorySegment.ofArray(new byte[BUFFER]);
    private int freed;

    @Override
    public MemorySegment segment() {
      return segment;
    }

    @Override
    public long deviceAddress() {
      return 0;
    }

    @Override
    public synchronized void free() {
      freed++;
    }

    @Override
    public void quarantine() {}

    @Override
    public void release() {}
  }

  /** Whether the release was the one that counts; refused with the rule's name where not. */
  private static boolean release(Frame frame) {
    try {
      frame.release();
      return true;
    } catch (IllegalStateException e) {
      if (String.valueOf(e.getMessage()).contains("released twice")) {
        return false;
      }
      throw e;
    }
  }

  @JCStressTest
  @Outcome(id = "true, false, true", expect = ACCEPTABLE, desc = "the first wins")
  @Outcome(id = "false, true, true", expect = ACCEPTABLE, desc = "the second wins")
  @Outcome(expect = FORBIDDEN, desc = "both or none, or the buffer is not free once")
  @State
  public static class Twice {
    private final BufferPool pool = new BufferPool(new Region(), 1, BUFFER, 0, null);
    private final Frame frame = pool.allocate(BUFFER, 1).orElseThrow();

    @Actor
    public void one(ZZZ_Result r) {
      r.r1 = release(frame);
    }

    @Actor
    public void another(ZZZ_Result r) {
      r.r2 = release(frame);
    }

    @Arbiter
    public void after(ZZZ_Result r) {
      BufferBalance balance = pool.balance();
      r.r3 = balance.isConserved() && balance.free() == 1;
    }
  }

  @JCStressTest
  @Outcome(id = "false, 0, 1", expect = ACCEPTABLE, desc = "not free yet")
  @Outcome(id = "true, 9, 1", expect = ACCEPTABLE, desc = "posted, and its holder is done with it")
  @Outcome(expect = FORBIDDEN, desc = "posted under its holder's hands, or lost")
  @State
  public static class WhileTheOwnerPosts {
    private final BufferPool pool = new BufferPool(new Region(), 1, BUFFER, 0, null);
    private final Frame frame = pool.allocate(BUFFER, 1).orElseThrow();

    @Actor
    public void holder() {
      frame.segment().set(ValueLayout.JAVA_BYTE, 0, (byte) 9);
      frame.release();
    }

    @Actor
    public void owner(ZII_Result r) {
      r.r1 = pool.takeForDevice(new int[1], 1) > 0;
      r.r2 = r.r1 ? pool.memory().get(ValueLayout.JAVA_BYTE, 0) : 0;
    }

    @Arbiter
    public void after(ZII_Result r) {
      BufferBalance balance = pool.balance();
      r.r3 = balance.isConserved() ? balance.total() : -1;
    }
  }

  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "given back once")
  @Outcome(expect = FORBIDDEN, desc = "the memory is kept, or given back twice")
  @State
  public static class WhileThePoolEnds {
    private final Region region = new Region();
    private final BufferPool pool = new BufferPool(region, 1, BUFFER, 0, null);
    private final Frame frame = pool.allocate(BUFFER, 1).orElseThrow();

    @Actor
    public void holder() {
      frame.release();
    }

    @Actor
    public void owner() {
      pool.retire();
    }

    @Arbiter
    public void after(I_Result r) {
      r.r1 = region.freed;
    }
  }

  @JCStressTest
  @Outcome(id = "true, 0", expect = ACCEPTABLE, desc = "the frame keeps the memory")
  @Outcome(id = "false, 1", expect = ACCEPTABLE, desc = "no frame, and no memory")
  @Outcome(id = "true, 1", expect = FORBIDDEN, desc = "a frame in memory that was given back")
  @Outcome(expect = FORBIDDEN, desc = "the memory is kept, or given back twice")
  @State
  public static class BorrowedWhileThePoolEnds {
    private final Region region = new Region();
    private final BufferPool pool = new BufferPool(region, 1, BUFFER, 0, null);

    @Actor
    public void client(ZI_Result r) {
      r.r1 = pool.allocate(BUFFER, 1).isPresent();
    }

    @Actor
    public void owner() {
      pool.retire();
    }

    @Arbiter
    public void after(ZI_Result r) {
      r.r2 = region.freed;
    }
  }
}
