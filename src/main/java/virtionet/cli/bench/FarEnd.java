package virtionet.cli.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/**
 * The far end of QEMU's {@code -netdev dgram} on the loopback, where a datagram is a frame. Never
 * blocks but in {@link #await}. Not thread-safe.
 */
public final class FarEnd implements AutoCloseable {
  private static final int SOCKET_BUFFER = 1 << 20;

  private final DatagramChannel channel;
  private final Selector selector;

  /** Keeps QEMU's port for QEMU until that has it; both allow the sharing. */
  private final DatagramChannel keeper;

  private final InetSocketAddress qemu;

  private FarEnd(DatagramChannel channel, Selector selector, DatagramChannel keeper)
      throws IOException {
    this.channel = channel;
    this.selector = selector;
    this.keeper = keeper;
    qemu = (InetSocketAddress) keeper.getLocalAddress();
    channel.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER);
    channel.connect(qemu);
    channel.configureBlocking(false);
    channel.register(selector, SelectionKey.OP_READ);
  }

  /** Takes two free ports of the loopback: its own, and one that QEMU is to have. */
  public static FarEnd open() throws IOException {
    var anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    DatagramChannel keeper = DatagramChannel.open();
    keeper.setOption(StandardSocketOptions.SO_REUSEADDR, true);
    keeper.bind(anyPort);
    return new FarEnd(DatagramChannel.open().bind(anyPort), Selector.open(), keeper);
  }

  /** What {@code -netdev} is to be, but for its id. */
  public String netdev() throws IOException {
    return ("dgram,local.type=inet,local.host=127.0.0.1,local.port=%d,"
            + "remote.type=inet,remote.host=127.0.0.1,remote.port=%d")
        .formatted(qemu.getPort(), ((InetSocketAddress) channel.getLocalAddress()).getPort());
  }

  /** Gives QEMU's port up: QEMU has it by now. */
  public void qemuRuns() throws IOException {
    keeper.close();
  }

  /** Whether there was room for the frame. */
  boolean send(ByteBuffer frame) throws IOException {
    try {
      return channel.write(frame) > 0;
    } catch (PortUnreachableException e) {
      throw new IOException("QEMU does not listen on its end of the wire any more", e);
    }
  }

  /** Whether there was a frame; then it is in the buffer from its start to the position. */
  boolean receive(ByteBuffer frame) throws IOException {
    frame.clear();
    return channel.read(frame) > 0;
  }

  /** Waits until a frame can be received, or for so long. */
  void await(long millis) throws IOException {
    selector.select(key -> {}, Math.max(1, millis));
  }

  @Override
  public void close() throws IOException {
    keeper.close();
    selector.close();
    channel.close();
  }
}
