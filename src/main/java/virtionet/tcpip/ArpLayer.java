package virtionet.tcpip;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import virtionet.net.Frame;
import virtionet.net.MacAddress;
import virtionet.tcpip.ArpCache.Parked;

/** Finds the station of an address, and tells others which one is ours (RFC 826). */
final class ArpLayer {
  private static final Logger LOG = LoggerFactory.getLogger(ArpLayer.class);

  private final EthernetLayer ethernet;
  private final ArpSettings settings;
  private final LongSupplier clock;
  private final TcpIpCounters counters;
  private final ArpCache cache;
  private Optional<Ipv4Interface> face = Optional.empty();
  private boolean conflictSaid;

  ArpLayer(
      EthernetLayer ethernet, ArpSettings settings, LongSupplier clock, TcpIpCounters counters) {
    this.ethernet = ethernet;
    this.settings = settings;
    this.clock = clock;
    this.counters = counters;
    cache = new ArpCache(settings, this::ask);
  }

  /** Takes an address, and announces it to all (RFC 5227 §2.3); or gives it up. */
  void configure(Optional<Ipv4Interface> newFace) {
    abandon(cache.clear(), new TcpIpException("the address was given up meanwhile"));
    face = newFace;
    conflictSaid = false;
    announce();
  }

  /** Tells all which station has our address, if there is one. */
  void announce() {
    face.map(Ipv4Interface::address).ifPresent(this::ask);
  }

  private void ask(Ipv4Address target) {
    face.ifPresent(
        own ->
            send(ArpPacket.request(ethernet.mac(), own.address(), target), MacAddress.BROADCAST));
  }

  /** Others decide how much is asked, so that what the link has no room for is not kept. */
  private void send(ArpPacket packet, MacAddress destination) {
    if (!ethernet.hasRoom()) {
      counters.increment(TcpIpCounter.SEND_QUEUE_FULL);
      return;
    }
    Frame frame = ethernet.frame(EthernetHeader.TYPE_ARP, ArpPacket.LENGTH);
    packet.write(EthernetLayer.payload(frame.segment()));
    ethernet.send(frame, destination);
  }

  void receive(MemorySegment payload) {
    ArpPacket.parse(payload)
        .filter(packet -> packet.senderMac().isUsable())
        .ifPresentOrElse(this::receive, () -> counters.increment(TcpIpCounter.ARP_MALFORMED));
  }

  private void receive(ArpPacket packet) {
    if (face.isEmpty() || packet.senderMac().equals(ethernet.mac())) {
      return;
    }
    Ipv4Interface own = face.get();
    if (packet.sender().equals(own.address())) {
      counters.increment(TcpIpCounter.ARP_CONFLICT);
      if (!conflictSaid) {
        conflictSaid = true;
        LOG.warn("{} says that it has {} too", packet.senderMac(), own.address());
      }
      return;
    }
    boolean asksUs = packet.request() && packet.target().equals(own.address());
    // Somebody who checks whether an address is free has none yet (RFC 5227 §2.1).
    boolean neighbour =
        own.isOnLink(packet.sender()) || own.gateway().filter(packet.sender()::equals).isPresent();
    if (!packet.sender().isAny() && neighbour) {
      cache
          .learn(packet.sender(), packet.senderMac(), asksUs, clock.getAsLong())
          .forEach(parked -> ethernet.send(parked.frame(), packet.senderMac()));
    }
    if (asksUs) {
      send(packet.answer(ethernet.mac()), packet.senderMac());
    }
  }

  /** Sends a frame to the station that has this address, as soon as that is known. */
  void send(Ipv4Address hop, Parked packet) {
    Optional<MacAddress> station = cache.lookup(hop, clock.getAsLong());
    if (station.isPresent()) {
      ethernet.send(packet.frame(), station.get());
    } else if (!cache.park(hop, packet, clock.getAsLong())) {
      counters.increment(TcpIpCounter.ARP_QUEUE_FULL);
      fail(packet, new TcpIpException("too many packets wait for the station of " + hop));
    }
  }

  void onTimer(long now) {
    for (Map.Entry<Ipv4Address, List<Parked>> lost : cache.onTimer(now).entrySet()) {
      lost.getValue().forEach(parked -> counters.increment(TcpIpCounter.ARP_UNANSWERED));
      abandon(
          lost.getValue(),
          new TcpIpException(
              "no station answers for %s: %d ARP requests in %d ms"
                  .formatted(
                      lost.getKey(),
                      settings.tries(),
                      settings.interval().multipliedBy(settings.tries()).toMillis())));
    }
  }

  OptionalLong nextDeadline() {
    return cache.nextDeadline();
  }

  private static void abandon(List<Parked> packets, TcpIpException reason) {
    packets.forEach(packet -> fail(packet, reason));
  }

  private static void fail(Parked packet, TcpIpException reason) {
    packet.frame().release();
    packet.failed().accept(reason);
  }
}
