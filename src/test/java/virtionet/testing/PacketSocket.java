package virtionet.testing;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Sends frames out of a network interface as packet(7) has it; needs root. */
final class PacketSocket {
  private static final int AF_PACKET = 17;
  private static final int SOCK_RAW = 3;

  /** struct sockaddr_ll: family, protocol, interface; the rest is of no matter for raw frames. */
  private static final long ADDRESS_BYTES = 20;

  private PacketSocket() {}

  /** Sends one frame, from the destination address on, in the caller's network namespace. */
  static void send(String networkInterface, byte[] frame) {
    try (Arena arena = Arena.ofConfined();
        NativeSocket socket = NativeSocket.open(AF_PACKET, SOCK_RAW)) {
      MemorySegment address = arena.allocate(ADDRESS_BYTES, Integer.BYTES);
      address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_PACKET);
      address.set(ValueLayout.JAVA_INT, 4, NativeSocket.index(networkInterface));
      socket.send(frame, address);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
