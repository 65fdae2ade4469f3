package virtionet.machine.libc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import virtionet.machine.MachineException;

/**
 * A stream socket of this system that carries file descriptors besides bytes (unix(7)), which
 * Java's own cannot. Descriptors are never inherited by other processes. One thread reads and
 * writes, and closes when nobody does; any may {@link #awaitEnd wait for the peer's end}.
 */
public final class UnixSocket implements AutoCloseable {
  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM_CLOEXEC = 1 | 0x80000;
  private static final int CLOEXEC = 0x80000;
  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;
  private static final int MSG_DONTWAIT = 0x40;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int MSG_CMSG_CLOEXEC = 0x40000000;
  private static final int SHUT_RDWR = 2;
  private static final int SO_SNDTIMEO = 21;

  /** struct timeval on 64-bit Linux: seconds, microseconds. */
  private static final int TIME_BYTES = 16;

  private static final short POLLRDHUP = 0x2000;

  /** struct sockaddr_un: short family, char path[108]. */
  private static final int ADDRESS_BYTES = 110;

  private static final int PATH_AT = 2;

  /** The longest path, without the 0 that ends it. */
  private static final int PATH_BYTES = ADDRESS_BYTES - PATH_AT - 1;

  /** struct msghdr on 64-bit Linux. */
  private static final int MESSAGE_BYTES = 56;

  private static final int MESSAGE_PIECES = 16;
  private static final int MESSAGE_PIECE_COUNT = 24;
  private static final int MESSAGE_CONTROL = 32;
  private static final int MESSAGE_CONTROL_BYTES = 40;

  /** struct cmsghdr: size_t length, int level, int type; then the descriptors. */
  private static final int CONTROL_HEADER = 16;

  /** As many as the kernel hands over with one message. */
  private static final int MOST_DESCRIPTORS = 253;

  private static final MethodHandle SOCKET =
      Libc.bind("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle CONNECT =
      Libc.bind("connect", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle BIND = Libc.bind("bind", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle LISTEN = Libc.bind("listen", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle ACCEPT =
      Libc.bind("accept4", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
  private static final MethodHandle SET_OPTION =
      Libc.bind("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle SHUTDOWN = Libc.bind("shutdown", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle SEND =
      Libc.bind("sendmsg", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle RECEIVE =
      Libc.bind("recvmsg", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);

  /**
   * What one read gave.
   *
   * @param bytes at least one, fewer than asked for if no more were there
   * @param descriptors that came with them: now the receiver's, to be closed
   */
  public record Received(ByteBuffer bytes, List<Integer> descriptors) {}

  /** A socket that others connect to; its file is deleted with it. */
  public static final class Listener implements AutoCloseable {
    private final UnixSocket socket;
    private final Path path;

    private Listener(UnixSocket socket, Path path) {
      this.socket = socket;
      this.path = path;
    }

    /**
     * Waits for somebody to connect; empty when nobody does in time.
     *
     * @param timeout how long it may take, and each send after it
     */
    public Optional<UnixSocket> accept(Duration timeout) {
      if (!socket.awaitReadable(timeout)) {
        return Optional.empty();
      }
      int accepted =
          (int)
              Libc.checked(
                  "accept on " + path,
                  state ->
                      (int)
                          ACCEPT.invokeExact(
                              state,
                              socket.descriptor,
                              MemorySegment.NULL,
                              MemorySegment.NULL,
                              CLOEXEC));
      var peer = new UnixSocket(accepted, path.toString());
      try {
        peer.limitSends(timeout);
      } catch (RuntimeException e) {
        peer.close();
        throw e;
      }
      return Optional.of(peer);
    }

    @Override
    public void close() {
      socket.close();
      try {
        Files.deleteIfExists(path);
      } catch (IOException e) {
        throw new MachineException("the socket %s cannot be deleted: %s".formatted(path, e), e);
      }
    }
  }

  private final int descriptor;
  private final String name;
  private boolean closed;

  private UnixSocket(int descriptor, String name) {
    this.descriptor = descriptor;
    this.name = name;
  }

  /**
   * Connects to a socket that somebody listens on.
   *
   * @param timeout how long it may take, and each send after it
   * @throws LibcException when there is none, nobody listens, or who listens does not take it in
   *     time
   */
  public static UnixSocket connect(Path path, Duration timeout) {
    UnixSocket socket = open(path);
    try (Arena arena = Arena.ofConfined()) {
      socket.limitSends(timeout);
      MemorySegment address = address(arena, path);
      Libc.checked(
          "connect to " + path,
          state -> (int) CONNECT.invokeExact(state, socket.descriptor, address, ADDRESS_BYTES));
      return socket;
    } catch (RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  /**
   * Listens on a new socket of this name.
   *
   * @throws LibcException when there is a file of this name, or it cannot be made
   */
  public static Listener listen(Path path) {
    UnixSocket socket = open(path);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = address(arena, path);
      Libc.checked(
          "listen on " + path,
          state -> (int) BIND.invokeExact(state, socket.descriptor, address, ADDRESS_BYTES));
      Libc.checked(
          "listen on " + path, state -> (int) LISTEN.invokeExact(state, socket.descriptor, 1));
      return new Listener(socket, path);
    } catch (RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private static UnixSocket open(Path path) {
    int descriptor =
        (int)
            Libc.checked(
                "socket",
                state -> (int) SOCKET.invokeExact(state, AF_UNIX, SOCK_STREAM_CLOEXEC, 0));
    return new UnixSocket(descriptor, path.toString());
  }

  /** How long the peer may take to make room: also for a connection among those that wait. */
  private void limitSends(Duration timeout) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment time = arena.allocate(TIME_BYTES, Long.BYTES);
      // All zeros would mean for ever.
      long micros = Math.max(1, timeout.toNanos() / 1_000);
      time.set(JAVA_LONG, 0, micros / 1_000_000);
      time.set(JAVA_LONG, Long.BYTES, micros % 1_000_000);
      Libc.checked(
          "setsockopt SO_SNDTIMEO",
          state ->
              (int)
                  SET_OPTION.invokeExact(
                      state, descriptor, SOL_SOCKET, SO_SNDTIMEO, time, TIME_BYTES));
    }
  }

  private static MemorySegment address(Arena arena, Path path) {
    byte[] bytes = path.toString().getBytes(StandardCharsets.UTF_8);
    if (bytes.length > PATH_BYTES) {
      throw new MachineException(
          "the name of the socket %s is %d bytes long: the system allows %d"
              .formatted(path, bytes.length, PATH_BYTES));
    }
    MemorySegment address = arena.allocate(ADDRESS_BYTES, Long.BYTES);
    address.set(JAVA_SHORT, 0, (short) AF_UNIX);
    MemorySegment.copy(bytes, 0, address, JAVA_BYTE, PATH_AT, bytes.length);
    return address;
  }

  /**
   * Sends bytes, and descriptors with the first of them; they stay the sender's as well.
   *
   * @throws LibcException when the peer is gone, or does not make room in time: some of it may be
   *     sent
   */
  public void send(byte[] bytes, List<Integer> descriptors) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(bytes.length);
      data.copyFrom(MemorySegment.ofArray(bytes));
      long sent = send(arena, data, descriptors);
      while (sent < bytes.length) {
        sent += send(arena, data.asSlice(sent), List.of());
      }
    }
  }

  private long send(Arena arena, MemorySegment data, List<Integer> descriptors) {
    MemorySegment message = message(arena, data);
    if (!descriptors.isEmpty()) {
      long length = CONTROL_HEADER + (long) Integer.BYTES * descriptors.size();
      MemorySegment control = arena.allocate((length + 7) & -8, Long.BYTES);
      control.set(JAVA_LONG, 0, length);
      control.set(JAVA_INT, 8, SOL_SOCKET);
      control.set(JAVA_INT, 12, SCM_RIGHTS);
      for (int i = 0; i < descriptors.size(); i++) {
        control.set(JAVA_INT, CONTROL_HEADER + (long) Integer.BYTES * i, descriptors.get(i));
      }
      message.set(ADDRESS, MESSAGE_CONTROL, control);
      message.set(JAVA_LONG, MESSAGE_CONTROL_BYTES, control.byteSize());
    }
    return Libc.checked(
        "write " + name,
        state -> (long) SEND.invokeExact(state, descriptor, message, MSG_NOSIGNAL));
  }

  private static MemorySegment message(Arena arena, MemorySegment data) {
    MemorySegment piece = arena.allocate(16, Long.BYTES);
    piece.set(ADDRESS, 0, data);
    piece.set(JAVA_LONG, 8, data.byteSize());
    MemorySegment message = arena.allocate(MESSAGE_BYTES, Long.BYTES);
    message.set(ADDRESS, MESSAGE_PIECES, piece);
    message.set(JAVA_LONG, MESSAGE_PIECE_COUNT, 1);
    return message;
  }

  /**
   * Reads what there is.
   *
   * @param most bytes at the most
   * @return empty when nothing came in time
   * @throws MachineException when the peer has closed the connection
   */
  public Optional<Received> receive(int most, Duration timeout) {
    if (!awaitReadable(timeout)) {
      return Optional.empty();
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(most);
      MemorySegment message = message(arena, data);
      MemorySegment control =
          arena.allocate(CONTROL_HEADER + (long) Integer.BYTES * MOST_DESCRIPTORS + 4, Long.BYTES);
      message.set(ADDRESS, MESSAGE_CONTROL, control);
      message.set(JAVA_LONG, MESSAGE_CONTROL_BYTES, control.byteSize());
      int read =
          (int)
              Libc.checked(
                  "read " + name,
                  state ->
                      (long)
                          RECEIVE.invokeExact(
                              state, descriptor, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
      List<Integer> descriptors =
          descriptors(control.asSlice(0, message.get(JAVA_LONG, MESSAGE_CONTROL_BYTES)));
      if (read == 0) {
        descriptors.forEach(Libc::close);
        throw new MachineException("the other side of %s has closed it".formatted(name));
      }
      return Optional.of(
          new Received(
              ByteBuffer.wrap(data.asSlice(0, read).toArray(JAVA_BYTE)), List.copyOf(descriptors)));
    }
  }

  private static List<Integer> descriptors(MemorySegment control) {
    List<Integer> found = new ArrayList<>();
    long at = 0;
    while (at + CONTROL_HEADER <= control.byteSize()) {
      long length = control.get(JAVA_LONG, at);
      if (control.get(JAVA_INT, at + 8) == SOL_SOCKET
          && control.get(JAVA_INT, at + 12) == SCM_RIGHTS) {
        for (long i = at + CONTROL_HEADER; i + Integer.BYTES <= at + length; i += Integer.BYTES) {
          found.add(control.get(JAVA_INT, i));
        }
      }
      at += (length + 7) & -8;
    }
    return found;
  }

  private boolean awaitReadable(Duration timeout) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment set = Poll.set(arena, 1);
      Poll.put(set, 0, descriptor);
      return Poll.await(set, 1, timeout);
    }
  }

  /**
   * Waits until the peer has closed the connection, or until an eventfd is signalled.
   *
   * @return whether the peer has closed it
   */
  public boolean awaitEnd(int eventfd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment set = Poll.set(arena, 2);
      Poll.put(set, 0, descriptor, POLLRDHUP);
      Poll.put(set, 1, eventfd);
      while (!Poll.await(set, 2, Duration.ofMillis(Integer.MAX_VALUE))) {
        // The longest wait of poll(2) is over: 24 days.
      }
      return Poll.isReadable(set, 0);
    }
  }

  /**
   * Ends the connection for both sides, without giving up the descriptor: whoever waits is told.
   */
  public synchronized void shutdown() {
    if (!closed) {
      try {
        Libc.checked(
            "shutdown " + name, state -> (int) SHUTDOWN.invokeExact(state, descriptor, SHUT_RDWR));
      } catch (LibcException e) {
        if (e.errno() != Errno.ENOTCONN) {
          throw e;
        }
      }
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      Libc.close(descriptor);
    }
  }
}
