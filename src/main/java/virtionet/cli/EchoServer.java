package virtionet.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketException;

/** Sends each UDP datagram back to where it came from, on a port of the host's loopback. */
final class EchoServer implements AutoCloseable {
  private static final int LARGEST = 65_535;

  /** Enough for each datagram in flight, whatever the default is. */
  private static final int SOCKET_BUFFER = 1 << 20;

  private final DatagramSocket socket;
  private final Thread thread;

  /**
   * @param port 0 for any that is free
   */
  EchoServer(int port) {
    try {
      socket = new DatagramSocket(port, InetAddress.getLoopbackAddress());
      socket.setReceiveBufferSize(SOCKET_BUFFER);
    } catch (IOException e) {
      throw new UncheckedIOException(
          port == 0
              ? "no UDP port of the loopback can be had"
              : "UDP port " + port + " of the loopback cannot be had; choose another one",
          e);
    }
    thread = Thread.ofPlatform().name("echo-server").daemon().start(this::run);
  }

  int port() {
    return socket.getLocalPort();
  }

  private void run() {
    var packet = new DatagramPacket(new byte[LARGEST], LARGEST);
    while (!socket.isClosed()) {
      packet.setLength(LARGEST);
      try {
        socket.receive(packet);
        socket.send(packet);
      } catch (SocketException e) {
        // Closed meanwhile: the loop ends. Else a datagram is lost, which the client counts.
      } catch (IOException e) {
        throw new UncheckedIOException("the echo server", e);
      }
    }
  }

  @Override
  public void close() {
    socket.close();
    try {
      thread.join(1000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
