package virtionet.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtionet.testing.Patience;

/** The echo server that a demo elsewhere talks to. */
@Timeout(120)
class EchoCommandTest {
  private static final Pattern FIRST_LINE =
      Pattern.compile("echo server on 127\\.0\\.0\\.1 port (\\d+)\\R");

  private final StringWriter out = new StringWriter();

  @Test
  void itTellsItsPortEchoesAndEndsWithItsInput() throws Exception {
    InputStream before = System.in;
    var input = new PipedOutputStream();
    try {
      System.setIn(new PipedInputStream(input));
      CompletableFuture<Integer> code =
          CompletableFuture.supplyAsync(
              () ->
                  Main.commandLine(Failures.standard())
                      .setOut(new PrintWriter(out, true))
                      .execute("echo"));
      Patience.until("its first line", () -> FIRST_LINE.matcher(out.toString()).lookingAt());
      Matcher line = FIRST_LINE.matcher(out.toString());
      assertTrue(line.matches(), out::toString);
      int port = Integer.parseInt(line.group(1));
      assertArrayEquals(new byte[] {1, 2, 3}, echoed(port, new byte[] {1, 2, 3}));
      input.write('\n');
      assertArrayEquals(new byte[1400], echoed(port, new byte[1400]), "only the end counts");
      input.close();
      assertEquals(0, Patience.answer(code));
      new DatagramSocket(port, InetAddress.getLoopbackAddress()).close();
    } finally {
      input.close();
      System.setIn(before);
    }
  }

  private static byte[] echoed(int port, byte[] data) throws Exception {
    try (var socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(Patience.SECONDS));
      socket.send(new DatagramPacket(data, data.length, InetAddress.getLoopbackAddress(), port));
      var answer = new DatagramPacket(new byte[2000], 2000);
      socket.receive(answer);
      return Arrays.copyOf(answer.getData(), answer.getLength());
    }
  }

  @Test
  void aPortThatIsTakenIsNamed() throws Exception {
    try (var taken = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      InProcess echo = InProcess.run("echo", "--port", Integer.toString(taken.getLocalPort()));
      assertEquals(1, echo.code());
      assertTrue(echo.errors().contains("port " + taken.getLocalPort()), echo::errors);
    }
  }
}
