package virtionet.vhost;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtionet.testing.Patience;
import virtionet.testing.Programs;

/** The vhost-user device of passt, which is a gateway to the host's network. */
@Timeout(120)
class PasstTest {
  private static final byte[] GATEWAY = {10, 98, 0, 1};
  private static final byte[] OWN = {10, 98, 0, 15};
  private static final int ARP = 0x0806;
  private static final int ARP_BYTES = 42;
  private static final int ARP_REPLY = 2;

  @TempDir private Path folder;

  @Test
  void theGatewayAnswersWhoAsksForIt() throws Exception {
    Programs.need("passt");
    assumeTrue(
        help().contains("--vhost-user"), "this passt knows no --vhost-user: it needs a newer one");
    Path socket = folder.resolve("passt.sock");
    Path output = folder.resolve("passt.log");
    Process passt =
        new ProcessBuilder(
                "passt",
                "--foreground",
                "--vhost-user",
                "--socket",
                socket.toString(),
                "--address",
                "10.98.0.15",
                "--netmask",
                "24",
                "--gateway",
                "10.98.0.1")
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      Patience.until("it listens", () -> Files.exists(socket) || !passt.isAlive());
      assertTrue(passt.isAlive(), () -> "passt has ended, see " + output);
      try (var station = VhostStation.connect(socket, "")) {
        assertTrue(station.send(question(station.info().mac().bits())));
        byte[] answer;
        do {
          answer = station.in().poll(Patience.SECONDS, TimeUnit.SECONDS);
          assertNotNull(answer, "the gateway does not answer");
        } while (ByteBuffer.wrap(answer).getShort(12) != ARP);
        assertEquals(ARP_REPLY, ByteBuffer.wrap(answer).getShort(20));
        assertArrayEquals(GATEWAY, Arrays.copyOfRange(answer, 28, 32));
      }
    } finally {
      passt.destroyForcibly().waitFor();
    }
  }

  /** It ends with an error, as far as some versions go: what it prints counts. */
  private String help() throws Exception {
    Path help = folder.resolve("help.txt");
    Process passt =
        new ProcessBuilder("passt", "--help")
            .redirectErrorStream(true)
            .redirectOutput(help.toFile())
            .start();
    assertTrue(passt.waitFor(Patience.SECONDS, TimeUnit.SECONDS));
    return Files.readString(help);
  }

  /** Who has the gateway's address (RFC 826). */
  private static byte[] question(long mac) {
    byte[] own = ByteBuffer.allocate(8).putLong(mac).array();
    ByteBuffer frame = ByteBuffer.allocate(ARP_BYTES);
    frame.putInt(-1).putShort((short) -1).put(own, 2, 6).putShort((short) ARP);
    frame.putShort((short) 1).putShort((short) 0x0800).put((byte) 6).put((byte) 4);
    frame.putShort((short) 1).put(own, 2, 6).put(OWN).put(new byte[6]).put(GATEWAY);
    return frame.array();
  }
}
