package virtionet.cli.bench.contender;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** What Java programs do today: AF_PACKET through the foreign function API, a call a frame. */
final class PacketLoop extends Loop {
  private static final int AF_PACKET = 17;
  private static final int SOCK_RAW = 3;
  private static final int ETH_P_ALL = 3;
  private static final int SOL_SOCKET = 1;
  private static final int SO_SNDBUFFORCE = 32;
  private static final int SO_RCVBUFFORCE = 33;
  private static final int SOL_PACKET = 263;
  private static final int PACKET_QDISC_BYPASS = 20;
  private static final int MSG_DONTWAIT = 0x40;
  private static final int EINTR = 4;
  private static final int EAGAIN = 11;
  private static final int ENETDOWN = 100;
  private static final int ENOBUFS = 105;
  private static final int SOCKET_BUFFER = 4 << 20;
  private static final int FRAME_BYTES = 2048;

  /** struct sockaddr_ll: family, protocol, interface; the rest is the kernel's. */
  private static final int ADDRESS_BYTES = 20;

  private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO = STATE.varHandle(PathElement.groupElement("errno"));

  private static final MethodHandle SOCKET = bind("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle BIND = bind("bind", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle OPTION =
      bind("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle INDEX = bind("if_nametoindex", JAVA_INT, ADDRESS);
  private static final MethodHandle RECV =
      bind("recv", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
  private static final MethodHandle SEND =
      bind("send", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
  private static final MethodHandle CLOSE = bind("close", JAVA_INT, JAVA_INT);

  private final Arena arena = Arena.ofShared();
  private final MemorySegment state = arena.allocate(STATE);
  private final MemorySegment buffer = arena.allocate(FRAME_BYTES);
  private final Traffic traffic;
  private final int socket;

  PacketLoop(String networkInterface, Traffic traffic) {
    this.traffic = traffic;
    socket = open(networkInterface);
    Traffic.fill(buffer);
  }

  private static MethodHandle bind(String name, MemoryLayout result, MemoryLayout... parameters) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name),
        FunctionDescriptor.of(result, parameters),
        Linker.Option.captureCallState("errno"));
  }

  private int open(String networkInterface) {
    try {
      int opened = checked("socket", (int) SOCKET.invokeExact(state, AF_PACKET, SOCK_RAW, 0));
      option(opened, SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER);
      option(opened, SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER);
      option(opened, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
      int index = (int) INDEX.invokeExact(state, arena.allocateFrom(networkInterface));
      if (index == 0) {
        throw new IllegalStateException("there is no interface " + networkInterface);
      }
      MemorySegment address = arena.allocate(ADDRESS_BYTES, JAVA_INT.byteAlignment());
      address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_PACKET);
      address.set(
          ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN), Short.BYTES, (short) ETH_P_ALL);
      address.set(JAVA_INT, Integer.BYTES, index);
      checked("bind", (int) BIND.invokeExact(state, opened, address, ADDRESS_BYTES));
      return opened;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private void option(int opened, int level, int option, int value) throws Throwable {
    MemorySegment number = arena.allocateFrom(JAVA_INT, value);
    checked(
        "setsockopt " + option,
        (int) OPTION.invokeExact(state, opened, level, option, number, Integer.BYTES));
  }

  private int checked(String what, int result) {
    if (result < 0) {
      throw new IllegalStateException("%s: error %d".formatted(what, errno()));
    }
    return result;
  }

  private int errno() {
    return (int) ERRNO.get(state, 0L);
  }

  @Override
  void run() {
    try {
      switch (traffic.mode()) {
        case IO -> sendBack();
        case RX -> drop();
        case TX -> send();
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private void sendBack() throws Throwable {
    while (goesOn()) {
      long length = receive();
      if (length > 0) {
        send(length);
      }
    }
  }

  private void drop() throws Throwable {
    while (goesOn()) {
      receive();
    }
  }

  private void send() throws Throwable {
    while (goesOn()) {
      send(traffic.size());
    }
  }

  private long receive() throws Throwable {
    long length = (long) RECV.invokeExact(state, socket, buffer, (long) FRAME_BYTES, MSG_DONTWAIT);
    if (length < 0 && !isPassing(errno())) {
      throw new IllegalStateException("recv: error " + errno());
    }
    return length;
  }

  private void send(long length) throws Throwable {
    while ((long) SEND.invokeExact(state, socket, buffer, length, MSG_DONTWAIT) < 0 && goesOn()) {
      if (!isPassing(errno())) {
        throw new IllegalStateException("send: error " + errno());
      }
    }
  }

  private static boolean isPassing(int errno) {
    return errno == EAGAIN || errno == EINTR || errno == ENOBUFS || errno == ENETDOWN;
  }

  @Override
  void end() {
    try {
      int ignored = (int) CLOSE.invokeExact(state, socket);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    arena.close();
  }
}
