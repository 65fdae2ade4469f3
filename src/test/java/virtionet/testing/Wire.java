package virtionet.testing;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** The far end of QEMU's {@code -netdev dgram} on the loopback: a datagram is a frame. */
public final class Wire implements FrameEnd, AutoCloseable {
  private static final int LONGEST = 65_535;
  private static final int SOCKET_BUFFER = 1 << 20;

  private final DatagramSocket socket;

  /** Keeps QEMU's port for QEMU until that has it; both allow the sharing. */
  private final DatagramSocket keeper;

  private final InetSocketAddress qemu;
  private final DatagramPacket packet = new DatagramPacket(new byte[LONGEST], LONGEST);

  public Wire() throws IOException {
    socket = new DatagramSocket(anyPort());
    socket.setReceiveBufferSize(SOCKET_BUFFER);
    socket.setSoTimeout(Math.toIntExact(TimeUnit.SECONDS.toMillis(Patience.SECONDS)));
    keeper = new DatagramSocket(null);
    keeper.setReuseAddress(true);
    keeper.bind(anyPort());
    qemu = (InetSocketAddress) keeper.getLocalSocketAddress();
  }

  private static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  /** What {@code -netdev} is to be. */
  public String netdev(String id) {
    return ("dgram,id=%s,local.type=inet,local.host=127.0.0.1,local.port=%d,"
            + "remote.type=inet,remote.host=127.0.0.1,remote.port=%d")
        .formatted(id, qemu.getPort(), socket.getLocalPort());
  }

  /** Also tells that QEMU runs: it has its port from now on. */
  @Override
  public void send(byte[] frame) throws IOException {
    keeper.close();
    socket.send(new DatagramPacket(frame, frame.length, qemu));
  }

  @Override
  public byte[] receive() throws IOException {
    packet.setLength(LONGEST);
    socket.receive(packet);
    return Arrays.copyOf(packet.getData(), packet.getLength());
  }

  /**
   * The next frame.
   *
   * @throws java.net.SocketTimeoutException when none comes in that many seconds
   */
  public byte[] receiveWithin(int seconds) throws IOException {
    socket.setSoTimeout(Math.toIntExact(TimeUnit.SECONDS.toMillis(seconds)));
    return receive();
  }

  /** Waits as long for a frame as at the start. */
  public void patient() throws IOException {
    socket.setSoTimeout(Math.toIntExact(TimeUnit.SECONDS.toMillis(Patience.SECONDS)));
  }

  @Override
  public void close() {
    keeper.close();
    socket.close();
  }
}
