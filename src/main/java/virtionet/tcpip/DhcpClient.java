package virtionet.tcpip;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;
import virtionet.net.MacAddress;

/**
 * Gets an address from a DHCP server and keeps it (RFC 2131, figure 5). Without clock, sockets or
 * threads: it is told what happens and when, and says what is to be done.
 */
final class DhcpClient {
  static final int SERVER_PORT = 67;
  static final int CLIENT_PORT = 68;

  /** What is to be done. */
  sealed interface Action {}

  /**
   * A message is to be sent.
   *
   * @param destination the broadcast address, or a server's
   */
  record Send(DhcpMessage message, Ipv4Address source, Ipv4Address destination) implements Action {}

  /** The lease is another one now. */
  record Changed(LeaseEvent event) implements Action {}

  /**
   * An answer to what happened.
   *
   * @param nextDeadline when the timer is to go off, replacing any former one
   */
  record Step(List<Action> actions, OptionalLong nextDeadline) {}

  private sealed interface State {}

  private record Idle() implements State {}

  /** Asked for offers, so often. */
  private record Selecting(int tries) implements State {}

  /** Asked for what was offered, so often. */
  private record Requesting(Lease offer, int tries) implements State {}

  /**
   * Has a lease.
   *
   * @param since when the lease began
   */
  private record Bound(Lease lease, long since) implements State {}

  private static final byte[] PARAMETERS = {
    DhcpMessage.SUBNET_MASK,
    DhcpMessage.ROUTER,
    DhcpMessage.DNS,
    DhcpMessage.LEASE_TIME,
    DhcpMessage.RENEWAL_TIME,
    DhcpMessage.REBINDING_TIME
  };

  private final MacAddress mac;
  private final byte[] hostname;
  private final DhcpSettings settings;
  private final RandomGenerator random;
  private final List<Action> actions = new ArrayList<>();
  private State state = new Idle();
  private OptionalLong deadline = OptionalLong.empty();
  private int transaction;
  private long requestedAt;

  /**
   * @param hostname what the server may know the client by; empty for nothing
   */
  DhcpClient(MacAddress mac, String hostname, DhcpSettings settings, RandomGenerator random) {
    this.mac = mac;
    this.hostname = hostname.getBytes(StandardCharsets.US_ASCII);
    this.settings = settings;
    this.random = random;
  }

  /** Begins to look for a lease, if it has not begun yet. */
  Step start(long now) {
    if (state instanceof Idle) {
      discover(0, now);
    }
    return step();
  }

  private Step step() {
    var step = new Step(List.copyOf(actions), deadline);
    actions.clear();
    return step;
  }

  private void discover(int tries, long now) {
    if (tries == 0) {
      transaction = random.nextInt();
    }
    state = new Selecting(tries + 1);
    broadcast(message(DhcpMessage.DISCOVER, Map.of()));
    deadline = OptionalLong.of(now + wait(tries));
  }

  private void request(Lease offer, int tries, long now) {
    state = new Requesting(offer, tries + 1);
    requestedAt = now;
    broadcast(
        message(
            DhcpMessage.REQUEST,
            Map.of(
                DhcpMessage.REQUESTED_ADDRESS,
                DhcpMessage.value(offer.address()),
                DhcpMessage.SERVER,
                DhcpMessage.value(offer.server()))));
    deadline = OptionalLong.of(now + wait(tries));
  }

  /** Doubled each time, and a tenth up or down, so that many clients do not keep step. */
  private long wait(int tries) {
    long doubled = settings.firstWait().toNanos() << Math.min(tries, 16);
    long capped = Math.min(doubled, settings.longestWait().toNanos());
    return (long) (capped * random.nextDouble(0.9, 1.1));
  }

  private DhcpMessage message(int type, Map<Integer, byte[]> more) {
    Map<Integer, byte[]> options = new LinkedHashMap<>();
    options.put(DhcpMessage.TYPE, new byte[] {(byte) type});
    byte[] client = new byte[1 + MacAddress.LENGTH];
    client[0] = 1;
    System.arraycopy(mac.toBytes(), 0, client, 1, MacAddress.LENGTH);
    options.put(DhcpMessage.CLIENT, client);
    options.putAll(more);
    if (hostname.length > 0) {
      options.put(DhcpMessage.HOST_NAME, hostname);
    }
    options.put(DhcpMessage.PARAMETERS, PARAMETERS);
    return new DhcpMessage(false, transaction, own(), Ipv4Address.ANY, mac, options);
  }

  private Ipv4Address own() {
    return state instanceof Bound bound ? bound.lease().address() : Ipv4Address.ANY;
  }

  private void broadcast(DhcpMessage message) {
    actions.add(new Send(message, own(), Ipv4Address.BROADCAST));
  }

  /**
   * Takes in what came for the client's port.
   *
   * @return empty when it was no answer to this client
   */
  Optional<Step> onMessage(byte[] payload, long now) {
    return DhcpMessage.decode(payload)
        .filter(DhcpMessage::fromServer)
        .filter(message -> message.transaction() == transaction && message.client().equals(mac))
        .filter(message -> take(message, now))
        .map(message -> step());
  }

  private boolean take(DhcpMessage message, long now) {
    return switch (state) {
      case Idle idle -> false;
      case Selecting selecting -> takeOffer(message, now);
      case Requesting requesting -> takeAnswer(message, Optional.empty(), now);
      case Bound bound -> isAsking(bound, now) && takeAnswer(message, Optional.of(bound), now);
    };
  }

  private static boolean isAsking(Bound bound, long now) {
    return Deadlines.isOver(bound.since() + bound.lease().renewal().toNanos(), now);
  }

  /** The first that is good is taken. */
  private boolean takeOffer(DhcpMessage message, long now) {
    Optional<Lease> offer =
        Optional.of(message).filter(m -> m.type() == DhcpMessage.OFFER).flatMap(Lease::of);
    offer.ifPresent(lease -> request(lease, 0, now));
    return offer.isPresent();
  }

  private boolean takeAnswer(DhcpMessage message, Optional<Bound> bound, long now) {
    if (message.type() == DhcpMessage.REFUSE) {
      startAgain("the server refused it" + said(message), now);
      return true;
    }
    Optional<Lease> lease =
        Optional.of(message).filter(m -> m.type() == DhcpMessage.ACKNOWLEDGE).flatMap(Lease::of);
    lease.ifPresent(granted -> bind(granted, bound));
    return lease.isPresent();
  }

  private static String said(DhcpMessage message) {
    byte[] text = message.options().get(DhcpMessage.MESSAGE);
    return text == null
        ? ""
        : ": " + new String(text, StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}", "");
  }

  private void bind(Lease lease, Optional<Bound> before) {
    boolean same = before.filter(bound -> bound.lease().face().equals(lease.face())).isPresent();
    if (before.isPresent() && !same) {
      actions.add(new Changed(new LeaseEvent.Lost("the server grants other things now")));
    }
    state = new Bound(lease, requestedAt);
    transaction = random.nextInt();
    deadline =
        lease.isForever()
            ? OptionalLong.empty()
            : OptionalLong.of(requestedAt + lease.renewal().toNanos());
    actions.add(new Changed(same ? new LeaseEvent.Renewed(lease) : new LeaseEvent.Acquired(lease)));
  }

  private void startAgain(String reason, long now) {
    if (state instanceof Bound) {
      actions.add(new Changed(new LeaseEvent.Lost(reason)));
    }
    state = new Idle();
    discover(0, now);
  }

  /** The deadline of the last step is over. */
  Step onTimer(long now) {
    if (deadline.isPresent() && Deadlines.isOver(deadline.getAsLong(), now)) {
      switch (state) {
        case Idle idle -> deadline = OptionalLong.empty();
        case Selecting selecting -> discover(selecting.tries(), now);
        case Requesting requesting -> requestAgain(requesting, now);
        case Bound bound -> prolong(bound, now);
      }
    }
    return step();
  }

  private void requestAgain(Requesting requesting, long now) {
    if (requesting.tries() < settings.requests()) {
      request(requesting.offer(), requesting.tries(), now);
    } else {
      startAgain("its server is silent", now);
    }
  }

  /** Asks the server from T1 on, anybody from T2 on, and gives up at the end. */
  private void prolong(Bound bound, long now) {
    Lease lease = bound.lease();
    long ends = bound.since() + lease.duration().toNanos();
    long rebinds = bound.since() + lease.rebinding().toNanos();
    if (Deadlines.isOver(ends, now)) {
      startAgain("it ended, and no server prolonged it", now);
      return;
    }
    boolean rebinding = Deadlines.isOver(rebinds, now);
    requestedAt = now;
    Ipv4Address server = rebinding ? Ipv4Address.BROADCAST : lease.server();
    DhcpMessage message = message(DhcpMessage.REQUEST, Map.of());
    actions.add(new Send(message, lease.address(), server));
    deadline = OptionalLong.of(now + patience(now, rebinding ? ends : rebinds));
  }

  /** Half of what is left, but not too little (RFC 2131 §4.4.5). */
  private long patience(long now, long end) {
    long left = end - now;
    return Math.min(left, Math.max(left / 2, settings.shortestRenewal().toNanos()));
  }

  /** The lease, if there is one now. */
  Optional<Lease> lease() {
    return state instanceof Bound bound ? Optional.of(bound.lease()) : Optional.empty();
  }

  /** How long whoever waits for the first lease should do so. */
  Duration timeout() {
    return settings.timeout();
  }
}
