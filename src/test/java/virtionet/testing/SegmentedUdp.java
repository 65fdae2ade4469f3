package virtionet.testing;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;

/** Gives Linux many datagrams at once, to be cut by whoever can: UDP_SEGMENT of udp(7). */
final class SegmentedUdp {
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int SOCK_DGRAM = 2;
  private static final int SOL_UDP = 17;
  private static final int UDP_SEGMENT = 103;
  private static final ValueLayout.OfShort PORT =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);

  private SegmentedUdp() {}

  /** Sends the data in datagrams of that many bytes, in the caller's network namespace. */
  static void send(InetSocketAddress to, byte[] data, int size) {
    byte[] host = to.getAddress().getAddress();
    boolean ipv4 = host.length == 4;
    int family = ipv4 ? AF_INET : AF_INET6;
    try (Arena arena = Arena.ofConfined();
        NativeSocket socket = NativeSocket.open(family, SOCK_DGRAM)) {
      socket.option(SOL_UDP, UDP_SEGMENT, size);
      // struct sockaddr_in and sockaddr_in6; the latter has a flow label before the address.
      MemorySegment address = arena.allocate(ipv4 ? 16 : 28, Integer.BYTES);
      address.set(ValueLayout.JAVA_SHORT, 0, (short) family);
      address.set(PORT, 2, (short) to.getPort());
      MemorySegment.copy(host, 0, address, ValueLayout.JAVA_BYTE, ipv4 ? 4 : 8, host.length);
      socket.send(data, address);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
