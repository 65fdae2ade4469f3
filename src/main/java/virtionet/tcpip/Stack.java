package virtionet.tcpip;

import akka.util.ByteString;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import virtionet.net.Frame;

/**
 * The layers, one upon the other. It has neither thread nor clock of its own: whoever holds it
 * calls it from one thread, with the frames that come and when it is time.
 */
final class Stack {
  /** Where frames go. */
  interface Link {
    /** Takes a frame that is ready to be sent, also when there is no room. */
    void send(Frame frame);

    /** Whether it can take more at once. */
    boolean hasRoom();
  }

  private final TcpIpSettings settings;
  private final Consumer<LeaseEvent> leases;
  private final RandomGenerator random;
  private final TcpIpCounters counters;
  private final EthernetLayer ethernet;
  private final ArpLayer arp;
  private final Ipv4Layer ipv4;
  private final IcmpLayer icmp;
  private final UdpLayer udp;
  private Optional<DhcpLayer> dhcp = Optional.empty();

  /**
   * @param leases told of each change of the address that a DHCP server lends
   */
  Stack(
      TcpIpSettings settings,
      Link link,
      Consumer<LeaseEvent> leases,
      RandomGenerator random,
      TcpIpCounters counters) {
    this.settings = settings;
    this.leases = leases;
    this.random = random;
    this.counters = counters;
    ethernet = new EthernetLayer(settings.mac(), settings.allocator(), link, counters);
    arp = new ArpLayer(ethernet, settings.arp(), settings.clock(), counters);
    ipv4 = new Ipv4Layer(ethernet, arp, settings.mtu(), counters);
    icmp = new IcmpLayer(ipv4, settings.clock(), random, counters);
    udp = new UdpLayer(ipv4, counters);
  }

  /** Takes a frame that came, and releases it. */
  void receive(Frame frame) {
    try {
      MemorySegment bytes = frame.segment();
      if (!ethernet.accepts(bytes)) {
        return;
      }
      switch (EthernetLayer.type(bytes)) {
        case EthernetHeader.TYPE_ARP -> arp.receive(EthernetLayer.payload(bytes));
        case EthernetHeader.TYPE_IPV4 -> ipv4.receive(EthernetLayer.payload(bytes));
        default -> counters.increment(TcpIpCounter.ETHERNET_UNKNOWN_TYPE);
      }
    } finally {
      frame.release();
    }
  }

  /** Does what is due. */
  void onTimer() {
    long now = settings.clock().getAsLong();
    arp.onTimer(now);
    icmp.onTimer(now);
    dhcp.ifPresent(layer -> layer.onTimer(now));
  }

  /** When {@link #onTimer} is to be called next, by the settings' clock. */
  OptionalLong nextDeadline() {
    OptionalLong next = Deadlines.earlier(arp.nextDeadline(), icmp.nextDeadline());
    return dhcp.map(DhcpLayer::nextDeadline)
        .map(deadline -> Deadlines.earlier(next, deadline))
        .orElse(next);
  }

  /** The link has room again. */
  void onRoom() {
    udp.pump();
  }

  void configure(Ipv4Interface face) {
    ipv4.configure(Optional.of(face));
  }

  void announce() {
    arp.announce();
  }

  void ping(
      Ipv4Address to, ByteString data, Duration timeout, CompletableFuture<PingReply> answer) {
    icmp.ping(to, data, timeout, answer);
  }

  UdpLayer udp() {
    return udp;
  }

  /**
   * Begins to look for a lease.
   *
   * @throws TcpIpException when somebody else has the port for it
   */
  void lease(CompletableFuture<Lease> first) {
    var client = new DhcpClient(settings.mac(), settings.hostname(), settings.dhcp(), random);
    dhcp = Optional.of(new DhcpLayer(client, ipv4, udp, leases, settings.clock(), counters, first));
  }

  /**
   * Ends all: whoever waits for something is told this.
   *
   * @param wanted whether somebody asked for it: then sockets just end, else they fail
   */
  void close(TcpIpException reason, boolean wanted) {
    udp.close(wanted ? Optional.empty() : Optional.of(reason));
    icmp.close(reason);
    dhcp.ifPresent(layer -> layer.close(reason));
    ipv4.configure(Optional.empty());
  }
}
