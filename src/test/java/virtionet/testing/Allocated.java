package virtionet.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Counts the objects' bytes that a step makes on this thread. */
public final class Allocated {
  private static final int TIMES = 100_000;

  private Allocated() {}

  /** Bytes for each time, of very many, once the step is compiled. */
  public static double bytesEach(Runnable step) {
    bytes(step, TIMES);
    return (double) bytes(step, TIMES) / TIMES;
  }

  /**
   * That the step makes no object once the JVM has compiled it, for which it is run as often as it
   * takes. Until then there are objects that the compiler does away with.
   */
  public static void assertSettlesAtNothing(Runnable step) {
    long deadline = System.nanoTime() + 2 * Patience.SECONDS * 1_000_000_000L;
    int times = TIMES / 50;
    long allocated;
    do {
      allocated = bytes(step, times);
      // The smallest object has 16 bytes: one for each time would show, one of the loop's does not.
    } while (allocated >= times && System.nanoTime() < deadline);
    assertEquals(0, allocated / times, "bytes each time");
  }

  private static long bytes(Runnable step, int times) {
    var threads = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < times; i++) {
      step.run();
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }
}
