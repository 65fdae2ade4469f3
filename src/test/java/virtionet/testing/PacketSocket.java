package virtionet.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Sends frames out of a network interface as packet(7) has it; needs root. */
final class PacketSocket {
  private static final int AF_PACKET = 17;
  private static final int SOCK_RAW = 3;

  /** struct sockaddr_ll: family, protocol, interface; the rest is of no matter for raw frames. */
  private static final long ADDRESS_BYTES = 20;

  private static final Linker LINKER = Linker.nativeLinker();

  private PacketSocket() {}

  /** Sends one frame, from the destination address on, in the caller's network namespace. */
  static void send(String networkInterface, byte[] frame) {
    try (Arena arena = Arena.ofConfined()) {
      int index =
          (int)
              function("if_nametoindex", ValueLayout.JAVA_INT, ValueLayout.ADDRESS)
                  .invokeExact(arena.allocateFrom(networkInterface));
      assertTrue(index > 0, "there is no interface " + networkInterface);
      int socket =
          (int)
              function(
                      "socket",
                      ValueLayout.JAVA_INT,
                      ValueLayout.JAVA_INT,
                      ValueLayout.JAVA_INT,
                      ValueLayout.JAVA_INT)
                  .invokeExact(AF_PACKET, SOCK_RAW, 0);
      assertTrue(socket >= 0, "no packet socket: it takes root");
      try {
        MemorySegment address = arena.allocate(ADDRESS_BYTES, Integer.BYTES);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_PACKET);
        address.set(ValueLayout.JAVA_INT, 4, index);
        long sent =
            (long)
                function(
                        "sendto",
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT,
                        ValueLayout.ADDRESS,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT,
                        ValueLayout.ADDRESS,
                        ValueLayout.JAVA_INT)
                    .invokeExact(
                        socket,
                        arena.allocateFrom(ValueLayout.JAVA_BYTE, frame),
                        (long) frame.length,
                        0,
                        address,
                        (int) ADDRESS_BYTES);
        assertEquals(frame.length, sent, "bytes sent out of " + networkInterface);
      } finally {
        int closed =
            (int) function("close", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT).invokeExact(socket);
        assertEquals(0, closed);
      }
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static MethodHandle function(String name, ValueLayout result, ValueLayout... parameters) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, parameters));
  }
}
