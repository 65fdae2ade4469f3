package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketException;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import virtionet.tcpip.Ipv4Address;
import virtionet.tcpip.TcpIp;
import virtionet.testing.RequiresQemu;

/** The demo's check of datagrams against an echo server that cannot be trusted. */
@RequiresQemu
class DatagramTrialTest {
  private static final int COUNT = 40;
  private static final Ipv4Address HOST = Ipv4Address.parse("10.0.2.2");

  private final Progress progress =
      new Progress(
          new Screen(
              new CommandLine(new VirtionetCommand()).setOut(new PrintWriter(new StringWriter()))),
          "datagrams checked",
          COUNT);

  @Test
  void oneLostOneChangedAndOneDoubledDatagramAreEachFound() throws Exception {
    var trial = new DatagramTrial(COUNT);
    try (var server = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        var session = DriverSession.open(new MachineMixin());
        TcpIp stack = session.stack(session.device())) {
      Thread.ofPlatform().daemon().start(() -> echoBadly(server));
      DriverSession.await(stack.dhcp());
      trial.run(session.system(), stack, HOST, server.getLocalPort(), progress);
    }
    assertEquals(
        "1 of 40 datagrams are missing, 1 came back changed, 1 came that nobody sent",
        trial.complaint());
    assertEquals(COUNT - 2, trial.good());
    assertEquals(COUNT - 2, trial.micros().getTotalCount());
  }

  /**
   * Drops the second datagram, doubles the fourth, and changes the next that has more than its
   * number.
   */
  private static void echoBadly(DatagramSocket socket) {
    boolean changed = false;
    var packet = new DatagramPacket(new byte[2000], 2000);
    try {
      for (int came = 1; ; came++) {
        packet.setLength(2000);
        socket.receive(packet);
        if (came == 2) {
          continue;
        }
        if (came == 4) {
          socket.send(packet);
        } else if (!changed && packet.getLength() > Integer.BYTES) {
          packet.getData()[packet.getLength() - 1] ^= 1;
          changed = true;
        }
        socket.send(packet);
      }
    } catch (SocketException e) {
      // Closed: the trial is over.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
