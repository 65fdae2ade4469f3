package virtionet.net;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What one owner has added to {@link Counters}: one thread at a time adds, and needs no atomic
 * operation for it; whoever passes it on to another thread orders memory. Any thread may read, and
 * sees with a count what its owner did before.
 */
public final class CounterShare {
  private static final VarHandle VALUE = MethodHandles.arrayElementVarHandle(long[].class);

  private static final int PAD = 8;

  /** With a cache line before and behind that nobody else writes to. */
  private final long[] values = new long[Counter.values().length + 2 * PAD];

  CounterShare() {}

  /** For the owner. */
  public void increment(Counter counter) {
    add(counter, 1);
  }

  /** For the owner. */
  public void add(Counter counter, long amount) {
    int place = place(counter);
    VALUE.setRelease(values, place, values[place] + amount);
  }

  long get(Counter counter) {
    return (long) VALUE.getAcquire(values, place(counter));
  }

  @SuppressWarnings("EnumOrdinal") // A place in this process's memory, and nowhere else.
  private static int place(Counter counter) {
    return PAD + counter.ordinal();
  }
}
