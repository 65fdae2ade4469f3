package virtionet.machine.vhost;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;
import virtionet.machine.MachineException;
import virtionet.machine.libc.Errno;
import virtionet.machine.libc.Libc;
import virtionet.machine.libc.LibcException;
import virtionet.machine.libc.UnixSocket;

/**
 * The socket to a back-end, message by message: each has a header of request, flags and size, and a
 * payload, in the byte order of this machine. Thread-safe.
 */
final class Channel implements AutoCloseable {
  private static final int HEADER_BYTES = 12;
  private static final int VERSION = 1;
  private static final int VERSION_MASK = 3;
  private static final int REPLY = 1 << 2;
  private static final int NEED_REPLY = 1 << 3;

  /** More than any reply that is asked for here. */
  private static final int LARGEST_PAYLOAD = 4096;

  private final UnixSocket socket;
  private final Duration timeout;

  /** Whether each message is to be acknowledged. */
  private boolean acknowledged;

  /** By when all answers are to be there, by {@link System#nanoTime}; empty: each has its time. */
  private OptionalLong deadline = OptionalLong.empty();

  private boolean closed;

  Channel(UnixSocket socket, Duration timeout) {
    this.socket = socket;
    this.timeout = timeout;
  }

  /** From now on each message without an answer of its own is acknowledged (REPLY_ACK). */
  synchronized void acknowledgeAll() {
    acknowledged = true;
  }

  /** Runs what tells and asks; its answers are all to be there in this time. */
  synchronized void within(Duration all, Runnable messages) {
    OptionalLong before = deadline;
    deadline = OptionalLong.of(System.nanoTime() + all.toNanos());
    try {
      messages.run();
    } finally {
      deadline = before;
    }
  }

  /** What is left of the time for an answer that is asked for now. */
  private Duration patience() {
    if (deadline.isEmpty()) {
      return timeout;
    }
    Duration left = Duration.ofNanos(Math.max(0, deadline.getAsLong() - System.nanoTime()));
    return left.compareTo(timeout) < 0 ? left : timeout;
  }

  /** A payload to be filled. */
  static ByteBuffer payload(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
  }

  static ByteBuffer u64(long value) {
    return payload(Long.BYTES).putLong(value).flip();
  }

  /** Sends a message without an answer. */
  synchronized void tell(Request request, ByteBuffer payload, List<Integer> descriptors) {
    send(request, VERSION | (acknowledged ? NEED_REPLY : 0), payload, descriptors);
    if (acknowledged) {
      long result = u64(request, receive(request));
      if (result != 0) {
        throw new MachineException(
            "the back-end refuses %s with %d; its own log tells why".formatted(request, result));
      }
    }
  }

  void tell(Request request, ByteBuffer payload) {
    tell(request, payload, List.of());
  }

  /** Sends a message and waits for its answer. */
  synchronized ByteBuffer ask(Request request, ByteBuffer payload) {
    send(request, VERSION, payload, List.of());
    return receive(request);
  }

  long askU64(Request request) {
    return u64(request, ask(request, payload(0)));
  }

  private static long u64(Request request, ByteBuffer reply) {
    try {
      return reply.getLong();
    } catch (BufferUnderflowException e) {
      throw nonsense(request, "with %d bytes instead of 8".formatted(reply.limit()));
    }
  }

  private void send(Request request, int flags, ByteBuffer payload, List<Integer> descriptors) {
    byte[] message = new byte[HEADER_BYTES + payload.remaining()];
    ByteBuffer.wrap(message)
        .order(ByteOrder.nativeOrder())
        .putInt(request.code())
        .putInt(flags)
        .putInt(payload.remaining())
        .put(payload);
    if (closed) {
      throw new MachineException("the connection to the back-end was closed");
    }
    orEnd(
        () -> {
          sendInTime(request, message, descriptors);
          return message;
        });
  }

  private void sendInTime(Request request, byte[] message, List<Integer> descriptors) {
    try {
      socket.send(message, descriptors);
    } catch (LibcException e) {
      if (e.errno() != Errno.EAGAIN) {
        throw e;
      }
      throw new MachineException(
          "the back-end does not take %s within %d ms".formatted(request, timeout.toMillis()), e);
    }
  }

  private ByteBuffer receive(Request request) {
    return orEnd(() -> receiveInTime(request));
  }

  /**
   * What comes after a wrong or a missing answer, or half a message, cannot be told apart from it:
   * all is over then.
   */
  private <T> T orEnd(Supplier<T> step) {
    try {
      return step.get();
    } catch (MachineException e) {
      socket.shutdown();
      throw e;
    }
  }

  private ByteBuffer receiveInTime(Request request) {
    Duration patience = patience();
    long end = System.nanoTime() + patience.toNanos();
    ByteBuffer header = read(request, HEADER_BYTES, patience, end);
    int code = header.getInt();
    int flags = header.getInt();
    int size = header.getInt();
    if (code != request.code() || (flags & VERSION_MASK) != VERSION || (flags & REPLY) == 0) {
      throw nonsense(request, "with message %d, flags 0x%x".formatted(code, flags));
    }
    if (size < 0 || size > LARGEST_PAYLOAD) {
      throw nonsense(request, "with %s bytes".formatted(Integer.toUnsignedString(size)));
    }
    return read(request, size, patience, end);
  }

  private static MachineException nonsense(Request request, String answer) {
    return new MachineException(
        "the back-end answers %s %s: it does not speak vhost-user as it should"
            .formatted(request, answer));
  }

  private ByteBuffer read(Request request, int bytes, Duration patience, long end) {
    ByteBuffer read = payload(bytes);
    while (read.hasRemaining()) {
      Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
      UnixSocket.Received received =
          socket
              .receive(read.remaining(), left)
              .orElseThrow(
                  () ->
                      new MachineException(
                          "the back-end does not answer %s within %d ms"
                              .formatted(request, patience.toMillis())));
      // No answer that is asked for here brings any: they would pile up.
      received.descriptors().forEach(Libc::close);
      read.put(received.bytes());
    }
    return read.flip();
  }

  /** Ends what waits for the back-end; nobody uses the socket's number after this. */
  @Override
  public void close() {
    socket.shutdown();
    synchronized (this) {
      closed = true;
      socket.close();
    }
  }
}
