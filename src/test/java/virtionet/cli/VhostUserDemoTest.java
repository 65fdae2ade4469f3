package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtionet.testing.RequiresTap;
import virtionet.testing.RequiresTestpmd;
import virtionet.testing.TapNamespace;
import virtionet.testing.TestPmd;

/**
 * The demo without a virtual machine: over DPDK's vhost-user device and a tap device to the network
 * stack of Linux, with a lease from dnsmasq.
 */
@RequiresTap
@RequiresTestpmd
@Timeout(180)
class VhostUserDemoTest {
  private static final int PORT = 7777;

  @TempDir private Path folder;

  @Test
  void itPassesOverTestpmdAndATapDevice() throws Exception {
    Path socket = folder.resolve("vhost.sock");
    try (var namespace = TapNamespace.create("mode", "tap", "multi_queue");
        var testpmd = TestPmd.onTap(namespace.name(), TapNamespace.TAP, socket);
        var echo = namespace.inside(() -> new DatagramSocket(PORT))) {
      namespace.awaitUp();
      Process dnsmasq = leases(namespace);
      try {
        Thread.ofVirtual().start(() -> echo(echo));
        InProcess demo =
            InProcess.run(
                "demo",
                "--machine",
                "vhost-user",
                "--socket",
                socket.toString(),
                "--echo",
                TapNamespace.LINUX_V4 + ":" + PORT,
                "--count",
                "2000");
        assertEquals(0, demo.code(), () -> demo.output() + demo.errors() + testpmd.said());
        assertTrue(demo.lines().getLast().endsWith("5/5 pings, 2000/2000 datagrams"), demo::output);
        Lines.assertInOrder(
            demo.lines(),
            List.of(
                "Connecting to the vhost-user back-end at .*",
                "vhost-user at .* runs",
                "Back-end",
                "  vhost-user  none  network card, vhost-user",
                "  34 +RING_PACKED +yes +yes +yes",
                "Device vhost-user"));
      } finally {
        dnsmasq.destroyForcibly().waitFor();
      }
    }
  }

  private Process leases(TapNamespace namespace) throws IOException {
    return namespace.start(
        folder.resolve("dnsmasq.log"),
        "dnsmasq",
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        "--interface=" + TapNamespace.TAP,
        "--bind-interfaces",
        "--port=0",
        "--no-ping",
        "--user=root",
        "--dhcp-range=10.99.0.50,10.99.0.60,1h",
        "--dhcp-leasefile=" + folder.resolve("leases"));
  }

  private static void echo(DatagramSocket socket) {
    var packet = new DatagramPacket(new byte[2048], 2048);
    try {
      while (true) {
        packet.setLength(2048);
        socket.receive(packet);
        socket.send(packet);
      }
    } catch (IOException e) {
      if (!socket.isClosed()) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }
}
