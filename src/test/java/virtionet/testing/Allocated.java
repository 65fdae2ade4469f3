package virtionet.testing;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Counts the objects' bytes that a step makes on this thread. */
public final class Allocated {
  private static final int TIMES = 100_000;

  private Allocated() {}

  /** Bytes for each time, of very many, once the step is compiled. */
  public static double bytesEach(Runnable step) {
    var threads = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
    for (int i = 0; i < TIMES; i++) {
      step.run();
    }
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < TIMES; i++) {
      step.run();
    }
    return (double) (threads.getCurrentThreadAllocatedBytes() - before) / TIMES;
  }
}
