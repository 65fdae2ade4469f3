package virtionet.qemu;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import virtionet.net.MacAddress;
import virtionet.testing.Patience;
import virtionet.testing.TapNamespace;

/** A UDP socket of Linux over IPv4, and what its datagrams look like in our frames. */
record LinuxUdp(DatagramSocket socket, InetAddress to) implements AutoCloseable {
  /** Where Linux sends to. */
  static final int PORT = 4711;

  private static final int ADDRESSES = 2 * MacAddress.LENGTH;
  private static final int IPV4 = 0x0800;
  private static final int TAG = 0x8100;
  private static final int UDP = 17;
  private static final int IP_HEADER = 20;
  private static final int UDP_HEADER = 8;
  private static final int LONGEST = 2000;

  /** A datagram as it came: to which station, in which VLAN (0: none), with what in it. */
  record Arrived(MacAddress to, int vlan, String text) {}

  /** A socket in the namespace. */
  static LinuxUdp open(TapNamespace tap) throws Exception {
    InetAddress own = InetAddress.getByName(TapNamespace.LINUX_V4);
    DatagramSocket socket = tap.inside(() -> new DatagramSocket(0, own));
    socket.setSoTimeout(Math.toIntExact(TimeUnit.SECONDS.toMillis(Patience.SECONDS)));
    return new LinuxUdp(socket, InetAddress.getByName(TapNamespace.OURS_V4));
  }

  /** Sends from Linux to our address. */
  void send(String text) throws Exception {
    byte[] data = text.getBytes(StandardCharsets.US_ASCII);
    socket.send(new DatagramPacket(data, data.length, to, PORT));
  }

  /** What Linux hears next; fails when nothing comes. */
  String receive() throws Exception {
    var packet = new DatagramPacket(new byte[LONGEST], LONGEST);
    socket.receive(packet);
    return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.US_ASCII);
  }

  /** A frame of ours that bears a datagram to this socket. */
  byte[] frameToHere(MacAddress from, String text) throws Exception {
    byte[] data = text.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer datagram = ByteBuffer.allocate(UDP_HEADER + data.length);
    datagram.putShort((short) PORT).putShort((short) socket.getLocalPort());
    datagram.putShort((short) datagram.capacity()).putShort((short) 0).put(data);
    return TcpEnd.frame(false, UDP, from, datagram.array());
  }

  /** The next datagram to {@link #PORT}; Linux says more than that by itself. */
  static Arrived next(FrameStation station) throws Exception {
    while (true) {
      byte[] bytes = station.receive().toByteArray();
      boolean tagged = u16(bytes, ADDRESSES) == TAG;
      int at = tagged ? ADDRESSES + 4 : ADDRESSES;
      int ip = at + 2;
      int udp = ip + IP_HEADER;
      if (u16(bytes, at) == IPV4 && bytes[ip + 9] == UDP && u16(bytes, udp + 2) == PORT) {
        return new Arrived(
            MacAddress.of(bytes, 0),
            tagged ? u16(bytes, ADDRESSES + 2) & 0xfff : 0,
            new String(
                bytes,
                udp + UDP_HEADER,
                u16(bytes, udp + 4) - UDP_HEADER,
                StandardCharsets.US_ASCII));
      }
    }
  }

  private static int u16(byte[] bytes, int at) {
    return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
  }

  @Override
  public void close() {
    socket.close();
  }
}
