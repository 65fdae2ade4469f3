package virtionet.cli.bench;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Stands where QEMU and its guest do: sends each datagram back that a test lets pass. */
final class Reflector implements AutoCloseable {
  private static final Pattern PORT = Pattern.compile("local\\.port=(\\d+)");

  private final DatagramSocket socket = new DatagramSocket(null);
  private final Thread thread;

  /**
   * @param netdev what QEMU would be told
   * @param treatment what becomes of each frame; an empty one is not sent
   */
  Reflector(String netdev, UnaryOperator<byte[]> treatment) throws IOException {
    Matcher port = PORT.matcher(netdev);
    if (!port.find()) {
      throw new IOException("no port in " + netdev);
    }
    socket.setReuseAddress(true);
    socket.bind(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(port.group(1))));
    thread = Thread.ofPlatform().start(() -> reflect(treatment));
  }

  private void reflect(UnaryOperator<byte[]> treatment) {
    var packet = new DatagramPacket(new byte[2048], 2048);
    try {
      while (!socket.isClosed()) {
        packet.setLength(2048);
        socket.receive(packet);
        byte[] frame = treatment.apply(Arrays.copyOf(packet.getData(), packet.getLength()));
        if (frame.length > 0) {
          socket.send(new DatagramPacket(frame, frame.length, packet.getSocketAddress()));
        }
      }
    } catch (IOException e) {
      // The socket was closed: the test is over.
    }
  }

  @Override
  public void close() {
    socket.close();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
