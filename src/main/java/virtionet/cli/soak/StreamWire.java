package virtionet.cli.soak;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/**
 * The far end of QEMU's {@code -netdev stream}: each frame, after its length in four bytes, comes
 * through a socket of this host, and is answered. Nothing is lost in the socket, but with QEMU. One
 * QEMU after the other may connect.
 */
final class StreamWire implements AutoCloseable {
  private static final int LONGEST = 65_600;

  private final Path folder;
  private final ServerSocketChannel server;
  private final Thread thread;
  private final UnaryOperator<byte[]> answer;

  private StreamWire(Path folder, ServerSocketChannel server, UnaryOperator<byte[]> answer) {
    this.folder = folder;
    this.server = server;
    this.answer = answer;
    thread = Thread.ofPlatform().name("far-end").daemon().start(this::run);
  }

  /**
   * Listens in a folder of its own.
   *
   * @param answer what to send for a frame; empty: nothing
   */
  static StreamWire open(UnaryOperator<byte[]> answer) throws IOException {
    Path folder = Files.createTempDirectory("virtionet-wire-");
    return new StreamWire(
        folder,
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
            .bind(UnixDomainSocketAddress.of(socket(folder))),
        answer);
  }

  private static Path socket(Path folder) {
    return folder.resolve("wire");
  }

  /** What QEMU's {@code -netdev} is to be. */
  String netdev() {
    return "stream,id=net0,server=off,addr.type=unix,addr.path="
        + socket(folder).toString().replace(",", ",,");
  }

  private void run() {
    while (server.isOpen()) {
      try (SocketChannel qemu = server.accept()) {
        serve(qemu);
      } catch (AsynchronousCloseException e) {
        // Closed: the loop ends.
      } catch (IOException e) {
        // QEMU was killed in the midst of a frame; the next one connects.
      }
    }
  }

  private void serve(SocketChannel qemu) throws IOException {
    try (var in = new DataInputStream(Channels.newInputStream(qemu))) {
      while (true) {
        int length = in.readInt();
        if (length < 0 || length > LONGEST) {
          throw new IOException("a frame of " + length + " bytes");
        }
        byte[] frame = in.readNBytes(length);
        if (frame.length < length) {
          throw new EOFException();
        }
        send(qemu, answer.apply(frame));
      }
    }
  }

  private static void send(SocketChannel qemu, byte[] frame) throws IOException {
    if (frame.length == 0) {
      return;
    }
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES + frame.length);
    bytes.putInt(frame.length).put(frame).flip();
    while (bytes.hasRemaining()) {
      qemu.write(bytes);
    }
  }

  @Override
  public void close() {
    try {
      server.close();
      // It ends with QEMU's connection, if not before.
      thread.join(1000);
      Files.deleteIfExists(socket(folder));
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("the far end of the wire", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
