package virtionet.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketException;

/** Sends each UDP datagram back to where it came from, on a free port of the loopback. */
public final class LoopbackEcho implements AutoCloseable {
  private static final int LONGEST = 65_535;

  private final DatagramSocket socket;

  public LoopbackEcho() throws SocketException {
    socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::run);
  }

  public int port() {
    return socket.getLocalPort();
  }

  private void run() {
    var packet = new DatagramPacket(new byte[LONGEST], LONGEST);
    try {
      while (true) {
        packet.setLength(LONGEST);
        socket.receive(packet);
        socket.send(packet);
      }
    } catch (IOException e) {
      if (!socket.isClosed()) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
