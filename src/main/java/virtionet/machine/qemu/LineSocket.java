package virtionet.machine.qemu;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * A socket that speaks in lines. A thread of its own reads, so that what comes unasked is heard at
 * once; whoever writes must see to it that only one does so at a time.
 */
final class LineSocket {
  private final String name;
  private final SocketChannel socket;
  private final Loss loss;

  LineSocket(String name, SocketChannel socket, Loss loss) {
    this.name = name;
    this.socket = socket;
    this.loss = loss;
  }

  /**
   * Starts to read.
   *
   * @param line called with each line
   * @param end called when no more will come; the loss is told before
   */
  void start(Consumer<String> line, Runnable end) {
    Thread.ofPlatform().name("virtionet-" + name).daemon().start(() -> read(line, end));
  }

  /** Sends a line. A broken socket is a loss, and is thrown as such. */
  void send(String line) {
    loss.throwIfLost();
    ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
    // An interrupt during the write would close the socket for everybody: it has to wait.
    boolean interrupted = Thread.interrupted();
    try {
      while (bytes.hasRemaining()) {
        socket.write(bytes);
      }
    } catch (IOException e) {
      loss.lose("QEMU's %s socket broke: %s".formatted(name, e));
      loss.throwIfLost();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void read(Consumer<String> line, Runnable end) {
    try (BufferedReader reader =
        new BufferedReader(Channels.newReader(socket, StandardCharsets.UTF_8))) {
      for (String text; (text = reader.readLine()) != null; ) {
        line.accept(text);
      }
      loss.lose("QEMU closed its %s socket".formatted(name));
    } catch (IOException e) {
      loss.lose("QEMU's %s socket broke: %s".formatted(name, e));
    } finally {
      end.run();
    }
  }

  /** Closes the socket; the reader ends. */
  void close() {
    try {
      socket.close();
    } catch (IOException e) {
      loss.lose("QEMU's %s socket cannot be closed: %s".formatted(name, e));
    }
  }
}
