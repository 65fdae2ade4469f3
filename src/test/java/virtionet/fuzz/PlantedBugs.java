package virtionet.fuzz;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import virtionet.net.Frame;
import virtionet.virtio.Virtqueue;

/**
 * What stands in a broken driver where a call stood: each method takes the receiver and the
 * arguments of the call that it replaces.
 */
public final class PlantedBugs {
  private PlantedBugs() {}

  public static int alwaysLess(int one, int other) {
    return -1;
  }

  public static long noLimit(Object queue) {
    return 0xffff_ffffL;
  }

  public static int oneMore(Virtqueue queue, int[] tokens, long[] usedLengths, int most) {
    int taken = queue.poll(tokens, usedLengths, most);
    for (int i = 0; i < taken; i++) {
      usedLengths[i]++;
    }
    return taken;
  }

  public static boolean always(Frame frame, Object offload, Object features) {
    return true;
  }

  public static void forgotten(Object pool, int buffer) {}

  public static void forgotten(Object queue, int id, int span) {}

  public static long forgotten(Object inFlight, int[] tokens, int count) {
    return 0;
  }

  public static void twice(Object pool, int[] buffers, int number) throws Throwable {
    Method sent = pool.getClass().getDeclaredMethod("sent", int[].class, int.class);
    sent.setAccessible(true);
    // Not by reflection, which would wrap what is thrown: the driver has to be seen as it is.
    MethodHandle handle = MethodHandles.lookup().unreflect(sent);
    handle.invoke(pool, buffers, number);
    handle.invoke(pool, buffers, number);
  }
}
