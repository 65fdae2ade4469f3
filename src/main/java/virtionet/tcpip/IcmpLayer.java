package virtionet.tcpip;

import akka.util.ByteString;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/** Echo requests and their answers, both ways (RFC 792). */
final class IcmpLayer implements Ipv4Layer.Protocol {
  private static final int TYPE = 0;
  private static final int CODE = 1;
  private static final int CHECKSUM = 2;
  private static final int IDENTIFIER = 4;
  private static final int SEQUENCE = 6;
  private static final int DATA = 8;

  private static final int ECHO_REPLY = 0;
  private static final int ECHO_REQUEST = 8;

  private record Ping(
      Ipv4Address to,
      ByteString data,
      long sentAt,
      long deadline,
      Duration timeout,
      CompletableFuture<PingReply> answer) {}

  private final Ipv4Layer ipv4;
  private final LongSupplier clock;
  private final TcpIpCounters counters;
  private final int identifier;
  private final Map<Integer, Ping> pings = new HashMap<>();
  private int lastSequence;

  IcmpLayer(Ipv4Layer ipv4, LongSupplier clock, RandomGenerator random, TcpIpCounters counters) {
    this.ipv4 = ipv4;
    this.clock = clock;
    this.counters = counters;
    identifier = random.nextInt(0x10000);
    ipv4.register(Ipv4Header.PROTOCOL_ICMP, this);
  }

  void ping(
      Ipv4Address to, ByteString data, Duration timeout, CompletableFuture<PingReply> answer) {
    int room = ipv4.maxPayload() - DATA;
    if (data.length() > room) {
      answer.completeExceptionally(
          new TcpIpException(
              "%d bytes of data: the link's MTU leaves %d".formatted(data.length(), room)));
      return;
    }
    int sequence = (lastSequence + 1) & 0xffff;
    if (pings.containsKey(sequence)) {
      answer.completeExceptionally(
          new TcpIpException("all sequence numbers wait for answers: %d".formatted(pings.size())));
      return;
    }
    if (!ipv4.hasRoom()) {
      counters.increment(TcpIpCounter.SEND_QUEUE_FULL);
      answer.completeExceptionally(
          new TcpIpException("the link has no room: it is slower than what is sent"));
      return;
    }
    lastSequence = sequence;
    long now = clock.getAsLong();
    long deadline = Deadlines.after(now, timeout);
    pings.put(sequence, new Ping(to, data, now, deadline, timeout, answer));
    ipv4.send(
        to,
        Ipv4Header.PROTOCOL_ICMP,
        DATA + data.length(),
        message -> {
          Wire.u16(message, IDENTIFIER, identifier);
          Wire.u16(message, SEQUENCE, sequence);
          MemorySegment.copy(
              data.toArrayUnsafe(), 0, message, ValueLayout.JAVA_BYTE, DATA, data.length());
          seal(message, ECHO_REQUEST);
        },
        failure -> {
          pings.remove(sequence);
          answer.completeExceptionally(failure);
        });
  }

  private static void seal(MemorySegment message, int type) {
    Wire.u8(message, TYPE, type);
    Wire.u8(message, CODE, 0);
    Wire.u16(message, CHECKSUM, 0);
    Wire.u16(message, CHECKSUM, Checksum.of(message));
  }

  @Override
  public void receive(Ipv4Packet packet) {
    MemorySegment message = packet.payload();
    if (message.byteSize() < DATA) {
      counters.increment(TcpIpCounter.ICMP_MALFORMED);
    } else if (Checksum.of(message) != 0) {
      counters.increment(TcpIpCounter.ICMP_BAD_CHECKSUM);
    } else {
      switch (Wire.u8(message, TYPE)) {
        case ECHO_REQUEST -> answer(packet, message);
        case ECHO_REPLY -> take(packet, message);
        default -> counters.increment(TcpIpCounter.ICMP_IGNORED);
      }
    }
  }

  /** Answers nobody who asked all at once (RFC 1122 §3.2.2.6). */
  private void answer(Ipv4Packet packet, MemorySegment request) {
    if (ipv4.face().isEmpty()
        || packet.source().isAny()
        || ipv4.isBroadcast(packet.destination())) {
      counters.increment(TcpIpCounter.ICMP_IGNORED);
    } else if (request.byteSize() > ipv4.maxPayload()) {
      counters.increment(TcpIpCounter.ICMP_MALFORMED);
    } else if (!ipv4.hasRoom()) {
      counters.increment(TcpIpCounter.SEND_QUEUE_FULL);
    } else {
      counters.increment(TcpIpCounter.PINGS_ANSWERED);
      ipv4.send(
          packet.source(),
          Ipv4Header.PROTOCOL_ICMP,
          (int) request.byteSize(),
          message -> {
            message.copyFrom(request);
            seal(message, ECHO_REPLY);
          },
          // Counted where it fails; nobody here waits for it.
          failure -> {});
    }
  }

  private void take(Ipv4Packet packet, MemorySegment reply) {
    int sequence = Wire.u16(reply, SEQUENCE);
    Ping ping = pings.get(sequence);
    if (ping == null
        || Wire.u16(reply, IDENTIFIER) != identifier
        || !isAnswer(packet.source(), ping.to())) {
      counters.increment(TcpIpCounter.ICMP_IGNORED);
      return;
    }
    pings.remove(sequence);
    ByteString data =
        ByteString.fromArrayUnsafe(reply.asSlice(DATA).toArray(ValueLayout.JAVA_BYTE));
    if (data.equals(ping.data())) {
      Duration trip = Duration.ofNanos(clock.getAsLong() - ping.sentAt());
      ping.answer().complete(new PingReply(packet.source(), sequence, packet.ttl(), data, trip));
    } else {
      ping.answer()
          .completeExceptionally(
              new TcpIpException(packet.source() + " answered with other data than was sent"));
    }
  }

  /** Who asks many is content with the first. */
  private boolean isAnswer(Ipv4Address from, Ipv4Address asked) {
    return from.equals(asked) || asked.isMulticast() || ipv4.isBroadcast(asked);
  }

  void onTimer(long now) {
    List<Integer> late = new ArrayList<>();
    pings.forEach(
        (sequence, ping) -> {
          if (Deadlines.isOver(ping.deadline(), now)) {
            late.add(sequence);
          }
        });
    for (Integer sequence : late) {
      Ping ping = pings.get(sequence);
      pings.remove(sequence);
      if (ping != null) {
        ping.answer()
            .completeExceptionally(
                new TcpIpException(
                    "%s did not answer within %d ms"
                        .formatted(ping.to(), ping.timeout().toMillis())));
      }
    }
  }

  OptionalLong nextDeadline() {
    OptionalLong next = OptionalLong.empty();
    for (Ping ping : pings.values()) {
      next = Deadlines.earlier(next, OptionalLong.of(ping.deadline()));
    }
    return next;
  }

  void close(TcpIpException reason) {
    List<Ping> left = List.copyOf(pings.values());
    pings.clear();
    left.forEach(ping -> ping.answer().completeExceptionally(reason));
  }
}
