package virtionet.machine.libc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.time.Duration;

/**
 * Counters of the kernel that can be waited for (eventfd(2)). Using one allocates nothing. Any
 * thread.
 */
public final class EventFd {
  private static final int CLOEXEC = 0x80000;
  private static final int NONBLOCK = 0x800;

  /** Of preadv2(2): fail rather than wait. */
  private static final int NOWAIT = 8;

  /** Of preadv2(2): where the file stands. */
  private static final long HERE = -1;

  private static final MethodHandle EVENTFD = Libc.bind("eventfd", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle WRITE =
      Libc.bind("write", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle READ =
      Libc.bind("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle READ_NOW =
      Libc.bind("preadv2", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG, JAVA_INT);

  private static final MemorySegment ONE = Arena.global().allocateFrom(JAVA_LONG, 1L);

  /** Where counts are read to, by any threads at once: nobody looks at them. */
  private static final MemorySegment COUNT = Arena.global().allocate(JAVA_LONG);

  /** struct iovec: where {@link #COUNT} is. */
  private static final MemorySegment PIECE = piece();

  /** Since Linux 5.8; before that, whoever is handed an eventfd can make our reads wait. */
  private static final boolean KNOWS_NOWAIT = knowsNowait();

  private EventFd() {}

  private static MemorySegment piece() {
    MemorySegment piece = Arena.global().allocate(16, Long.BYTES);
    piece.set(ADDRESS, 0, COUNT);
    piece.set(JAVA_LONG, 8, COUNT.byteSize());
    return piece;
  }

  private static boolean knowsNowait() {
    int eventfd = open();
    try {
      return readNow(eventfd) == -Errno.EAGAIN;
    } finally {
      Libc.close(eventfd);
    }
  }

  /** A counter that {@link #signal} makes readable, and that stays so until it is drained. */
  public static int open() {
    return (int)
        Libc.checked("eventfd", state -> (int) EVENTFD.invokeExact(state, 0, CLOEXEC | NONBLOCK));
  }

  /**
   * For one that is this process's alone: anybody else who has it can make it one whose writes
   * wait, and fill it.
   */
  public static void signal(int eventfd) {
    MemorySegment state = Libc.state();
    long written;
    try {
      written = (long) WRITE.invokeExact(state, eventfd, ONE, JAVA_LONG.byteSize());
    } catch (Throwable e) {
      throw Libc.ours(e);
    }
    if (written < 0) {
      throw new LibcException("write eventfd", Libc.errno(state));
    }
  }

  /**
   * Makes it unreadable again, if it was readable. Never waits, even where somebody else who has it
   * made it one whose reads do: that is a property of the open file, which all share.
   */
  public static void drain(int eventfd) {
    long read = KNOWS_NOWAIT ? readNow(eventfd) : readIfThereIs(eventfd);
    if (read < 0 && read != -Errno.EAGAIN) {
      throw new LibcException("read eventfd", (int) -read);
    }
  }

  /** Its answer, or the error number below 0. */
  private static long readNow(int eventfd) {
    MemorySegment state = Libc.state();
    try {
      long read = (long) READ_NOW.invokeExact(state, eventfd, PIECE, 1, HERE, NOWAIT);
      return read < 0 ? -Libc.errno(state) : read;
    } catch (Throwable e) {
      throw Libc.ours(e);
    }
  }

  private static long readIfThereIs(int eventfd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment set = Poll.set(arena, 1);
      Poll.put(set, 0, eventfd);
      return Poll.await(set, 1, Duration.ZERO)
          ? Libc.checked(
              "read eventfd",
              state -> (long) READ.invokeExact(state, eventfd, COUNT, JAVA_LONG.byteSize()))
          : 0;
    }
  }
}
