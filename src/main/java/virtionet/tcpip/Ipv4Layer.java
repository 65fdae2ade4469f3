package virtionet.tcpip;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import virtionet.net.Frame;
import virtionet.net.MacAddress;

/** Packets: takes those that are for this host, and finds the way for those that go out. */
final class Ipv4Layer {
  /** What takes packets of one protocol. The payload is a view, gone when it returns. */
  interface Protocol {
    void receive(Ipv4Packet packet);
  }

  private final EthernetLayer ethernet;
  private final ArpLayer arp;
  private final int mtu;
  private final TcpIpCounters counters;
  private final Map<Integer, Protocol> protocols = new HashMap<>();
  private Optional<Ipv4Interface> face = Optional.empty();
  private int identification;

  Ipv4Layer(EthernetLayer ethernet, ArpLayer arp, int mtu, TcpIpCounters counters) {
    this.ethernet = ethernet;
    this.arp = arp;
    this.mtu = mtu;
    this.counters = counters;
  }

  void register(int protocol, Protocol handler) {
    protocols.put(protocol, handler);
  }

  void configure(Optional<Ipv4Interface> newFace) {
    face = newFace;
    arp.configure(newFace);
  }

  Optional<Ipv4Interface> face() {
    return face;
  }

  /** Whether the link takes more at once. */
  boolean hasRoom() {
    return ethernet.hasRoom();
  }

  /** Bytes that a packet may carry. */
  int maxPayload() {
    return mtu - Ipv4Header.LENGTH;
  }

  void receive(MemorySegment payload) {
    switch (Ipv4Packet.parse(payload)) {
      case Ipv4Packet.Bad bad -> counters.increment(bad.reason());
      case Ipv4Packet.Good good -> receive(good.packet());
    }
  }

  private void receive(Ipv4Packet packet) {
    Ipv4Address source = packet.source();
    if (source.isMulticast() || source.isLoopback() || isForUs(source)) {
      counters.increment(TcpIpCounter.IPV4_BAD_SOURCE);
      return;
    }
    // Before there is an address, what comes can only be the answer that brings one.
    if (face.isPresent() && !isForUs(packet.destination())) {
      counters.increment(TcpIpCounter.IPV4_NOT_OURS);
      return;
    }
    Protocol protocol = protocols.get(packet.protocol());
    if (protocol == null) {
      counters.increment(TcpIpCounter.IPV4_UNKNOWN_PROTOCOL);
    } else {
      protocol.receive(packet);
    }
  }

  private boolean isForUs(Ipv4Address destination) {
    return face.filter(own -> own.address().equals(destination)).isPresent()
        || isBroadcast(destination);
  }

  /** Whether it means everybody on the link. */
  boolean isBroadcast(Ipv4Address address) {
    return address.isBroadcast()
        || face.filter(own -> own.prefixLength() < 31 && own.broadcast().equals(address))
            .isPresent();
  }

  /**
   * Sends a packet from our address.
   *
   * @param length of its payload; at most {@link #maxPayload}
   * @param write fills the payload in, which may hold anything before
   * @param failed told when it cannot be sent; perhaps later
   */
  void send(
      Ipv4Address destination,
      int protocol,
      int length,
      Consumer<MemorySegment> write,
      Consumer<TcpIpException> failed) {
    if (face.isEmpty()) {
      refuse(failed, "there is no address yet: get a lease, or configure one");
      return;
    }
    Ipv4Interface own = face.get();
    if (destination.isAny() || destination.isLoopback() || destination.equals(own.address())) {
      refuse(failed, destination + " is not reached through a link");
      return;
    }
    Optional<Ipv4Address> hop =
        own.isOnLink(destination) ? Optional.of(destination) : own.gateway();
    if (isBroadcast(destination)) {
      broadcast(own.address(), destination, protocol, length, write);
    } else if (destination.isMulticast()) {
      Frame frame = frame(own.address(), destination, protocol, length, write);
      ethernet.send(frame, groupOf(destination));
    } else if (hop.isPresent()) {
      Frame frame = frame(own.address(), destination, protocol, length, write);
      arp.send(hop.get(), new ArpCache.Parked(frame, failed));
    } else {
      refuse(
          failed,
          "no route to %s: it is not on the link of %s, and there is no gateway"
              .formatted(destination, own));
    }
  }

  private void refuse(Consumer<TcpIpException> failed, String reason) {
    counters.increment(TcpIpCounter.IPV4_NO_ROUTE);
    failed.accept(new TcpIpException(reason));
  }

  /** Sends a packet to all stations, also while there is no address. */
  void broadcast(
      Ipv4Address source,
      Ipv4Address destination,
      int protocol,
      int length,
      Consumer<MemorySegment> write) {
    ethernet.send(frame(source, destination, protocol, length, write), MacAddress.BROADCAST);
  }

  private Frame frame(
      Ipv4Address source,
      Ipv4Address destination,
      int protocol,
      int length,
      Consumer<MemorySegment> write) {
    Frame frame = ethernet.frame(EthernetHeader.TYPE_IPV4, Ipv4Header.LENGTH + length);
    MemorySegment packet = EthernetLayer.payload(frame.segment());
    Ipv4Header.write(packet, identification++, protocol, source, destination);
    write.accept(packet.asSlice(Ipv4Header.LENGTH));
    return frame;
  }

  /** The Ethernet group of an IPv4 group (RFC 1112 §6.4). */
  private static MacAddress groupOf(Ipv4Address group) {
    return new MacAddress(0x0100_5e00_0000L | (group.bits() & 0x7f_ffff));
  }
}
