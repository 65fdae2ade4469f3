package virtionet.vhost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import virtionet.machine.MachineException;
import virtionet.machine.libc.Libc;
import virtionet.machine.libc.UnixSocket;

/**
 * A back-end that speaks the protocol and moves no frame; what it answers can be bent. It serves
 * one connection after the other.
 */
final class FakeBackEnd implements AutoCloseable {
  static final int GET_FEATURES = 1;
  static final int GET_PROTOCOL_FEATURES = 15;
  static final int GET_QUEUE_NUM = 17;
  static final int SET_MEM_TABLE = 5;
  static final int SET_VRING_KICK = 12;
  static final int SET_VRING_CALL = 13;
  static final int SET_VRING_ENABLE = 18;
  static final int SET_OWNER = 3;

  static final int GET_VRING_BASE = 11;
  private static final int GET_CONFIG = 24;
  static final int GET_STATUS = 40;
  private static final int HEADER = 12;
  private static final int REPLY = 5;
  private static final int NEED_REPLY = 8;
  private static final long VERSION_1 = 1L << 32;
  private static final long PROTOCOL = 1L << 30;

  /** An answer, header and all; null: none, and the connection is closed. */
  record Answer(int request, ByteBuffer message, List<Integer> descriptors) {}

  private final UnixSocket.Listener listener;
  private final UnaryOperator<Answer> bend;
  private final List<Integer> requests = new CopyOnWriteArrayList<>();
  private final Thread thread;
  private volatile long features = VERSION_1 | PROTOCOL;
  private volatile long protocol = 1 | 1 << 3;
  private volatile byte[] config = new byte[0];
  private volatile long status;
  private volatile long pairs = 2;
  private volatile BiConsumer<Integer, Integer> handed = (request, file) -> {};
  private volatile boolean closed;
  private volatile boolean hangUp;
  private volatile boolean deaf;

  /**
   * @param bend what to make of each answer; the same is an honest back-end's
   */
  FakeBackEnd(Path socket, UnaryOperator<Answer> bend) {
    listener = UnixSocket.listen(socket);
    this.bend = bend;
    thread = Thread.ofPlatform().name("fake-back-end").start(this::run);
  }

  /** Offers these features as well. */
  FakeBackEnd offering(long further, long ofProtocol, byte[] configuration) {
    features |= further;
    protocol |= ofProtocol;
    config = configuration.clone();
    return this;
  }

  /** Speaks these protocol features and no others. */
  FakeBackEnd speaking(long features) {
    protocol = features;
    return this;
  }

  /** Claims so many queue pairs. */
  FakeBackEnd claiming(long queuePairs) {
    pairs = queuePairs;
    return this;
  }

  /** Does this with each file that it is handed, by which request; the file is open meanwhile. */
  FakeBackEnd handling(BiConsumer<Integer, Integer> files) {
    handed = files;
    return this;
  }

  /** The device status that it was last told. */
  int status() {
    return (int) status;
  }

  /** What it was told and asked, by the numbers of the protocol. */
  List<Integer> requests() {
    return requests;
  }

  /** Closes the present connection. */
  void hangUp() {
    hangUp = true;
  }

  /** Reads nothing any more, without closing the present connection. */
  void stopReading() {
    deaf = true;
  }

  private void run() {
    while (!closed) {
      listener.accept(Duration.ofMillis(20)).ifPresent(this::serve);
    }
  }

  private void serve(UnixSocket socket) {
    List<Integer> held = new ArrayList<>();
    try (socket) {
      while (serveOne(socket, held)) {}
    } catch (MachineException e) {
      // The driver has gone.
    } finally {
      held.forEach(Libc::close);
    }
  }

  /** Whether it goes on. */
  private boolean serveOne(UnixSocket socket, List<Integer> held) {
    int before = held.size();
    ByteBuffer header = read(socket, HEADER, held);
    int request = header.getInt();
    int flags = header.getInt();
    ByteBuffer payload = read(socket, header.getInt(), held);
    requests.add(request);
    held.subList(before, held.size()).forEach(file -> handed.accept(request, file));
    ByteBuffer reply = reply(request, flags, payload);
    if (reply == null) {
      return true;
    }
    ByteBuffer message = buffer(HEADER + reply.remaining());
    message.putInt(request).putInt(REPLY).putInt(reply.remaining()).put(reply).flip();
    @Nullable Answer answer = bend.apply(new Answer(request, message, List.of()));
    if (answer == null) {
      return false;
    }
    byte[] bytes = new byte[answer.message().remaining()];
    answer.message().get(bytes);
    if (bytes.length > 0) {
      socket.send(bytes, answer.descriptors());
    }
    answer.descriptors().forEach(Libc::close);
    return true;
  }

  private @Nullable ByteBuffer reply(int request, int flags, ByteBuffer payload) {
    return switch (request) {
      case GET_FEATURES -> u64(features);
      case GET_PROTOCOL_FEATURES -> u64(protocol);
      case GET_QUEUE_NUM -> u64(pairs);
      case GET_VRING_BASE -> buffer(8).putInt(payload.getInt()).putInt(0).flip();
      case GET_STATUS -> u64(status);
      case GET_CONFIG -> buffer(payload.remaining()).put(payload.slice(0, 12)).put(config).flip();
      default -> {
        if (request == 39) {
          status = payload.getLong();
        }
        yield (flags & NEED_REPLY) == 0 ? null : u64(0);
      }
    };
  }

  static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
  }

  static ByteBuffer u64(long value) {
    return buffer(8).putLong(value).flip();
  }

  private ByteBuffer read(UnixSocket socket, int bytes, List<Integer> held) {
    ByteBuffer read = buffer(bytes);
    while (read.hasRemaining()) {
      while (deaf && !closed) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
      }
      if (hangUp || closed) {
        throw new MachineException("it hangs up");
      }
      socket
          .receive(read.remaining(), Duration.ofMillis(20))
          .ifPresent(
              some -> {
                held.addAll(some.descriptors());
                read.put(some.bytes());
              });
    }
    return read.flip();
  }

  @Override
  public void close() {
    closed = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    listener.close();
  }
}
