package virtionet.machine.libc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Tells another process that there is something to do: the end that it is handed reads as an
 * eventfd does, 8 bytes that are the number 1. Ringing allocates nothing and never waits for it.
 *
 * <p>An eventfd cannot promise that: whoever is handed one can make its writes wait, and fill it.
 * Each end of a pair of sockets is a file of its own, and a message can be sent without waiting
 * whatever the file says. A pipe would not do either: a reader in the middle of a read locks it.
 */
public final class Doorbell implements AutoCloseable {
  private static final int AF_UNIX = 1;
  private static final int DATAGRAMS_CLOEXEC = 2 | 0x80000;
  private static final int SOL_SOCKET = 1;
  private static final int SO_SNDBUF = 7;
  private static final int DONTWAIT_NOSIGNAL = 0x40 | 0x4000;

  private static final MethodHandle SOCKET_PAIR =
      Libc.bind("socketpair", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle SET_OPTION =
      Libc.bind("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle SEND =
      Libc.bind("send", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);

  private static final MemorySegment ONE = Arena.global().allocateFrom(JAVA_LONG, 1L);

  private final int own;
  private final int handed;
  private boolean kept = true;
  private boolean closed;

  private Doorbell(int own, int handed) {
    this.own = own;
    this.handed = handed;
  }

  public static Doorbell open() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ends = arena.allocate(JAVA_INT, 2);
      Libc.checked(
          "socketpair",
          state -> (int) SOCKET_PAIR.invokeExact(state, AF_UNIX, DATAGRAMS_CLOEXEC, 0, ends));
      var doorbell = new Doorbell(ends.getAtIndex(JAVA_INT, 0), ends.getAtIndex(JAVA_INT, 1));
      doorbell.limit(arena);
      return doorbell;
    }
  }

  /** One that is not heard yet is as good as many: the kernel keeps as few as it can. */
  private void limit(Arena arena) {
    MemorySegment least = arena.allocateFrom(JAVA_INT, 1);
    try {
      Libc.checked(
          "setsockopt SO_SNDBUF",
          state ->
              (int)
                  SET_OPTION.invokeExact(state, own, SOL_SOCKET, SO_SNDBUF, least, Integer.BYTES));
    } catch (LibcException e) {
      close();
      throw e;
    }
  }

  /** The end to hand over; open until {@link #handedOver()}. */
  public int handed() {
    return handed;
  }

  /** The other process has its end: this one gives it up. */
  public synchronized void handedOver() {
    if (kept) {
      kept = false;
      Libc.close(handed);
    }
  }

  /**
   * Rings. Nothing happens where earlier rings were not heard yet, where the other process has
   * closed its end, or after the close.
   *
   * @throws LibcException when the kernel lacks the memory for it
   */
  public synchronized void ring() {
    if (closed) {
      return;
    }
    MemorySegment state = Libc.state();
    long sent;
    try {
      sent = (long) SEND.invokeExact(state, own, ONE, JAVA_LONG.byteSize(), DONTWAIT_NOSIGNAL);
    } catch (Throwable e) {
      throw Libc.ours(e);
    }
    if (sent < 0) {
      switch (Libc.errno(state)) {
        case Errno.EAGAIN, Errno.EPIPE, Errno.ECONNRESET, Errno.ENOTCONN, Errno.ECONNREFUSED -> {}
        default -> throw new LibcException("ring a doorbell", Libc.errno(state));
      }
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      handedOver();
      Libc.close(own);
    }
  }
}
