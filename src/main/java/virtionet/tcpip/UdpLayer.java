package virtionet.tcpip;

import akka.util.ByteString;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Datagrams between sockets and the link (RFC 768). */
final class UdpLayer implements Ipv4Layer.Protocol {
  private static final Logger LOG = LoggerFactory.getLogger(UdpLayer.class);

  private static final int SOURCE_PORT = 0;
  private static final int DESTINATION_PORT = 2;
  private static final int LENGTH = 4;
  private static final int CHECKSUM = 6;
  static final int HEADER_LENGTH = 8;

  /** From here on ports are given out to those who want any (RFC 6335 §6). */
  private static final int FIRST_EPHEMERAL = 49_152;

  private static final int PORTS = 0x10000;

  /** Takes what came for a port. */
  interface Receiver {
    /** Whether it had room. The data is a view, gone when this returns. */
    boolean receive(Ipv4Address source, int port, MemorySegment data);

    /**
     * The stack has ended.
     *
     * @param failure why; empty when somebody wanted it
     */
    void ended(Optional<TcpIpException> failure);
  }

  /**
   * A datagram that waits for room on the link.
   *
   * @param sent told when the link took it, or when it turned out that it cannot be sent
   */
  private record Outgoing(int port, Datagram datagram, Runnable sent) {}

  private final Ipv4Layer ipv4;
  private final TcpIpCounters counters;
  private final Map<Integer, Receiver> ports = new HashMap<>();
  private final Queue<Outgoing> outgoing = new ArrayDeque<>();
  private int nextEphemeral = FIRST_EPHEMERAL;

  UdpLayer(Ipv4Layer ipv4, TcpIpCounters counters) {
    this.ipv4 = ipv4;
    this.counters = counters;
    ipv4.register(Ipv4Header.PROTOCOL_UDP, this);
  }

  /**
   * Gives a port to a receiver.
   *
   * @param port 0 for any
   * @return the port that it has now
   * @throws TcpIpException when it is in use, or none is left
   */
  int bind(int port, Receiver receiver) {
    int chosen = port == 0 ? ephemeral() : port;
    if (ports.putIfAbsent(chosen, receiver) != null) {
      throw new TcpIpException(
          "UDP port " + chosen + " is in use: close its socket, or take another");
    }
    return chosen;
  }

  private int ephemeral() {
    for (int tries = FIRST_EPHEMERAL; tries < PORTS; tries++) {
      int candidate = nextEphemeral;
      nextEphemeral = candidate + 1 == PORTS ? FIRST_EPHEMERAL : candidate + 1;
      if (!ports.containsKey(candidate)) {
        return candidate;
      }
    }
    throw new TcpIpException("each of the ephemeral UDP ports is in use");
  }

  /** Takes its port from a receiver, if it has one. */
  void release(Receiver receiver) {
    ports.values().remove(receiver);
  }

  int maxData() {
    return ipv4.maxPayload() - HEADER_LENGTH;
  }

  /** Sends a datagram when there is room. */
  void send(int port, Datagram datagram, Runnable sent) {
    outgoing.add(new Outgoing(port, datagram, sent));
    pump();
  }

  /** Sends what waits, as far as there is room. */
  void pump() {
    while (!outgoing.isEmpty() && ipv4.hasRoom()) {
      Outgoing next = outgoing.remove();
      transmit(next);
      next.sent().run();
    }
  }

  private void transmit(Outgoing next) {
    Datagram datagram = next.datagram();
    Ipv4Address source = ipv4.face().map(Ipv4Interface::address).orElse(Ipv4Address.ANY);
    ByteString data = datagram.data();
    counters.increment(TcpIpCounter.DATAGRAMS_SENT);
    if (datagram.port() == 0) {
      // An answer to who wants none: no reason to end a socket, since anybody may send that.
      counters.increment(TcpIpCounter.UDP_NO_PORT);
      return;
    }
    ipv4.send(
        datagram.remote(),
        Ipv4Header.PROTOCOL_UDP,
        HEADER_LENGTH + data.length(),
        segment ->
            write(
                segment,
                source,
                next.port(),
                datagram.remote(),
                datagram.port(),
                data.toArrayUnsafe()),
        // As with any host: what cannot be delivered is lost, and counted where that is found.
        failure -> LOG.debug("no datagram to {}: {}", datagram.remote(), failure.getMessage()));
  }

  /** Writes header and data of a datagram. */
  static void write(
      MemorySegment segment,
      Ipv4Address source,
      int sourcePort,
      Ipv4Address destination,
      int destinationPort,
      byte[] data) {
    Wire.u16(segment, SOURCE_PORT, sourcePort);
    Wire.u16(segment, DESTINATION_PORT, destinationPort);
    Wire.u16(segment, LENGTH, (int) segment.byteSize());
    Wire.u16(segment, CHECKSUM, 0);
    MemorySegment.copy(data, 0, segment, ValueLayout.JAVA_BYTE, HEADER_LENGTH, data.length);
    int checksum = Checksum.of(source, destination, Ipv4Header.PROTOCOL_UDP, segment);
    // 0 says that there is none; 0xffff is the same sum.
    Wire.u16(segment, CHECKSUM, checksum == 0 ? 0xffff : checksum);
  }

  @Override
  public void receive(Ipv4Packet packet) {
    MemorySegment bytes = packet.payload();
    int length = bytes.byteSize() < HEADER_LENGTH ? 0 : Wire.u16(bytes, LENGTH);
    if (length < HEADER_LENGTH || length > bytes.byteSize()) {
      counters.increment(TcpIpCounter.UDP_MALFORMED);
      return;
    }
    MemorySegment segment = bytes.asSlice(0, length);
    if (Wire.u16(segment, CHECKSUM) != 0
        && Checksum.of(packet.source(), packet.destination(), Ipv4Header.PROTOCOL_UDP, segment)
            != 0) {
      counters.increment(TcpIpCounter.UDP_BAD_CHECKSUM);
      return;
    }
    int sourcePort = Wire.u16(segment, SOURCE_PORT);
    int port = Wire.u16(segment, DESTINATION_PORT);
    // Before there is an address, only what brings one can be meant for us.
    boolean hears = ipv4.face().isPresent() || port == DhcpClient.CLIENT_PORT;
    Receiver receiver = hears ? ports.get(port) : null;
    if (receiver == null) {
      counters.increment(TcpIpCounter.UDP_NO_SOCKET);
    } else if (receiver.receive(packet.source(), sourcePort, segment.asSlice(HEADER_LENGTH))) {
      counters.increment(TcpIpCounter.DATAGRAMS_RECEIVED);
    } else {
      counters.increment(TcpIpCounter.UDP_QUEUE_FULL);
    }
  }

  /** Forgets what waits; nothing will be sent any more. */
  void close(Optional<TcpIpException> failure) {
    outgoing.clear();
    List<Receiver> receivers = List.copyOf(ports.values());
    ports.clear();
    receivers.forEach(receiver -> receiver.ended(failure));
  }
}
