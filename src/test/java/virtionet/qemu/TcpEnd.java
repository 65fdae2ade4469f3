package virtionet.qemu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;
import virtionet.net.Frame;
import virtionet.net.MacAddress;
import virtionet.net.Offload;
import virtionet.net.Offload.Segmentation;
import virtionet.net.Offloads;
import virtionet.testing.TapNamespace;

/**
 * Our end of one TCP connection with Linux, frame by frame: just enough for a link that loses
 * nothing. All its checksums are left to somebody else. For the test's own thread.
 */
final class TcpEnd {
  private static final int FIN = 0x01;
  private static final int SYN = 0x02;
  private static final int PSH = 0x08;
  private static final int ACK = 0x10;
  private static final int MSS = 1400;
  private static final int HEADER = 20;

  private final FrameStation station;
  private final boolean ipv6;
  private final int localPort;
  private final int remotePort;

  /** Sees each frame of the connection as it came. */
  private final Consumer<Frame> watcher;

  private int next = 1_000;
  private int acknowledged;
  private int expected;
  private final ByteArrayOutputStream received = new ByteArrayOutputStream();

  TcpEnd(
      FrameStation station, boolean ipv6, int localPort, int remotePort, Consumer<Frame> watcher) {
    this.station = station;
    this.ipv6 = ipv6;
    this.localPort = localPort;
    this.remotePort = remotePort;
    this.watcher = watcher;
  }

  void connect() throws Exception {
    ByteBuffer mss = ByteBuffer.allocate(4).put((byte) 2).put((byte) 4).putShort((short) MSS);
    send(SYN, mss.array(), new byte[0], Offload.NONE);
    next++;
    awaitUntilAcknowledged();
    send(ACK, new byte[0], new byte[0], Offload.NONE);
  }

  /** Sends all of it in one frame, to be cut by whoever can, and waits until Linux has it. */
  void sendLarge(byte[] data) throws Exception {
    Segmentation how = ipv6 ? Segmentation.TCPV6 : Segmentation.TCPV4;
    send(ACK | PSH, new byte[0], data, Offload.NONE.segmented(how, MSS));
    next += data.length;
    awaitUntilAcknowledged();
  }

  /** The next bytes from Linux. */
  byte[] receive(int length) throws Exception {
    while (received.size() < length) {
      take();
    }
    assertTrue(received.size() == length, "more has come than was sent");
    return received.toByteArray();
  }

  private void awaitUntilAcknowledged() throws Exception {
    while (acknowledged != next) {
      take();
    }
  }

  private void take() throws Exception {
    Frame frame = station.receive();
    ByteBuffer bytes = ByteBuffer.wrap(frame.toByteArray());
    int transport = transportOf(bytes);
    if (transport < 0) {
      return;
    }
    watcher.accept(frame);
    int flags = bytes.get(transport + 13);
    acknowledged = bytes.getInt(transport + 8);
    if ((flags & SYN) != 0) {
      expected = bytes.getInt(transport + 4) + 1;
      return;
    }
    byte[] data =
        Arrays.copyOfRange(
            bytes.array(),
            transport + 4 * ((bytes.get(transport + 12) >> 4) & 0xf),
            transport + transportLength(bytes));
    if (data.length > 0 || (flags & FIN) != 0) {
      if (bytes.getInt(transport + 4) == expected) {
        received.writeBytes(data);
        expected += data.length;
      }
      send(ACK, new byte[0], new byte[0], Offload.NONE);
    }
  }

  /** Where the TCP header begins; -1 when the frame is not of this connection. */
  private int transportOf(ByteBuffer bytes) {
    int type = bytes.getShort(12) & 0xffff;
    if (type != (ipv6 ? 0x86dd : 0x0800) || bytes.get(ipv6 ? 20 : 23) != 6) {
      return -1;
    }
    int transport = ipv6 ? 54 : 14 + 4 * (bytes.get(14) & 0xf);
    boolean ours =
        (bytes.getShort(transport) & 0xffff) == remotePort
            && (bytes.getShort(transport + 2) & 0xffff) == localPort;
    return ours ? transport : -1;
  }

  private int transportLength(ByteBuffer bytes) {
    return ipv6
        ? bytes.getShort(18) & 0xffff
        : (bytes.getShort(16) & 0xffff) - 4 * (bytes.get(14) & 0xf);
  }

  private void send(int flags, byte[] options, byte[] data, Offload offload) throws Exception {
    int header = HEADER + options.length;
    ByteBuffer segment = ByteBuffer.allocate(header + data.length);
    segment.putShort((short) localPort).putShort((short) remotePort);
    segment.putInt(next).putInt(expected);
    segment.put((byte) ((header / 4) << 4)).put((byte) flags).putShort((short) 65_535).putInt(0);
    segment.put(options).put(data);
    byte[] bytes = frame(ipv6, 6, station.connection().mac(), segment.array());
    Frame frame = Offloads.prepare(Frame.wrap(bytes));
    station.send(
        offload.needsSegmentation()
            ? frame.offload(
                frame.offload().segmented(offload.segmentation(), offload.segmentSize()))
            : frame);
  }

  /** A frame from us to Linux that bears this after its IP header. */
  static byte[] frame(boolean ipv6, int protocol, MacAddress mac, byte[] payload)
      throws UnknownHostException {
    byte[] frame = new byte[14 + (ipv6 ? 40 : 20) + payload.length];
    ByteBuffer bytes = ByteBuffer.wrap(frame);
    bytes.put(TapNamespace.LINUX_MAC.toBytes()).put(mac.toBytes());
    if (ipv6) {
      bytes.putShort((short) 0x86dd).putInt(0x60000000).putShort((short) payload.length);
      bytes.put((byte) protocol).put((byte) 64);
      bytes.put(InetAddress.getByName(TapNamespace.OURS_V6).getAddress());
      bytes.put(InetAddress.getByName(TapNamespace.LINUX_V6).getAddress()).put(payload);
      return frame;
    }
    bytes.putShort((short) 0x0800).putShort((short) 0x4500);
    bytes.putShort((short) (20 + payload.length));
    bytes.putInt(0x4000).put((byte) 64).put((byte) protocol).putShort((short) 0);
    bytes.put(InetAddress.getByName(TapNamespace.OURS_V4).getAddress());
    bytes.put(InetAddress.getByName(TapNamespace.LINUX_V4).getAddress()).put(payload);
    int sum = 0;
    for (int at = 14; at < 34; at += 2) {
      sum += bytes.getShort(at) & 0xffff;
    }
    sum = (sum & 0xffff) + (sum >> 16);
    bytes.putShort(24, (short) ~((sum & 0xffff) + (sum >> 16)));
    return frame;
  }
}
