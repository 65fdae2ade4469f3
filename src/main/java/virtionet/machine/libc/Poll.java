package virtionet.machine.libc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.time.Duration;

/** Waits for descriptors (poll(2)); with a set that is there, without allocating. Any thread. */
public final class Poll {
  private static final short POLLIN = 1;

  /** struct pollfd: int fd, short events, short revents. */
  private static final int POLLFD_BYTES = 8;

  private static final int EVENTS = 4;
  private static final int REVENTS = 6;
  private static final MethodHandle POLL =
      Libc.bind("poll", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);

  private Poll() {}

  /** Room for so many descriptors to wait for. */
  public static MemorySegment set(Arena arena, int descriptors) {
    return arena.allocate((long) POLLFD_BYTES * descriptors, JAVA_INT.byteAlignment());
  }

  /** Puts a descriptor into a set, to be waited for until it can be read. */
  public static void put(MemorySegment set, int index, int descriptor) {
    put(set, index, descriptor, POLLIN);
  }

  /** Puts a descriptor into a set, to be waited for until one of these events. */
  static void put(MemorySegment set, int index, int descriptor, short events) {
    long at = (long) POLLFD_BYTES * index;
    set.set(JAVA_INT, at, descriptor);
    set.set(JAVA_SHORT, at + EVENTS, events);
    set.set(JAVA_SHORT, at + REVENTS, (short) 0);
  }

  /**
   * Waits until one of the first descriptors in a set can be read, or has failed.
   *
   * @return false when the time is up
   */
  public static boolean await(MemorySegment set, int descriptors, Duration timeout) {
    int millis = (int) Math.min(Integer.MAX_VALUE, Math.max(0, timeout.toMillis()));
    MemorySegment state = Libc.state();
    int ready;
    do {
      try {
        ready = (int) POLL.invokeExact(state, set, (long) descriptors, millis);
      } catch (Throwable e) {
        throw Libc.ours(e);
      }
    } while (ready < 0 && Libc.errno(state) == Errno.EINTR);
    if (ready < 0) {
      throw new LibcException("poll", Libc.errno(state));
    }
    return ready > 0;
  }

  /** Whether the last wait found that this one can be read, or that reading it fails at once. */
  public static boolean isReadable(MemorySegment set, int index) {
    return set.get(JAVA_SHORT, (long) POLLFD_BYTES * index + REVENTS) != 0;
  }

  /**
   * Waits until one of two descriptors can be read.
   *
   * @return 0 when the time is up, else 1 for the first (also if both), 2 for the second
   */
  public static int awaitReadable(int first, int second, Duration timeout) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment both = set(arena, 2);
      put(both, 0, first);
      put(both, 1, second);
      if (!await(both, 2, timeout)) {
        return 0;
      }
      return isReadable(both, 0) ? 1 : 2;
    }
  }
}
