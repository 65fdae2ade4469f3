package virtionet.tcpip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static virtionet.tcpip.TwoHosts.await;
import static virtionet.tcpip.TwoHosts.failureOf;

import akka.Done;
import akka.japi.Pair;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import virtionet.net.Frame;
import virtionet.net.MacAddress;

/** The front door: stacks that run, and how they end. */
class TcpIpTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final String CLOSED = "the TCP/IP stack was closed";

  private final TwoHosts hosts = new TwoHosts();

  @AfterEach
  void stop() {
    hosts.close();
  }

  private static CompletionStage<PingReply> ping(TcpIp stack, Ipv4Address to) {
    return stack.ping(to, ByteString.fromString("ping"), LONG);
  }

  @Test
  void twoStacksPingEachOtherAndEachFrameIsReleased() {
    var pair = hosts.joined();
    for (int length : new int[] {0, 1, 57, 1472}) {
      ByteString data = ByteString.fromArray(new byte[length]);
      PingReply there = await(pair.first().ping(TwoHosts.B, data, LONG));
      PingReply back = await(pair.second().ping(TwoHosts.A, data, LONG));
      assertEquals(List.of(TwoHosts.B, TwoHosts.A), List.of(there.from(), back.from()));
      assertEquals(List.of(data, data), List.of(there.payload(), back.payload()));
    }
    assertEquals(4, TwoHosts.count(pair.first(), TcpIpCounter.PINGS_ANSWERED));
    hosts.assertNothingHeld();
  }

  @Test
  void whoIsNotThereIsNotReached() {
    var hasty = new ArpSettings(LONG, Duration.ofMillis(10), 3, 1, 1);
    var pair = hosts.configured(hosts.joined(hosts.settings(1).withArp(hasty), hosts.settings(2)));
    assertEquals(
        "no station answers for 10.0.0.9: 3 ARP requests in 30 ms",
        failureOf(ping(pair.first(), Ipv4Address.parse("10.0.0.9"))));
    hosts.assertNothingHeld();
  }

  @Test
  void aPingThatNobodyAnswersFailsByTheClockOfTheMachine() {
    TcpIp stack = hosts.start(Source.maybe());
    await(stack.configure(Ipv4Interface.of(TwoHosts.A, 24)));
    assertEquals(
        "10.0.0.255 did not answer within 20 ms",
        failureOf(
            stack.ping(
                Ipv4Address.parse("10.0.0.255"),
                ByteString.emptyByteString(),
                Duration.ofMillis(20))));
  }

  /** A stack with an address, a socket, and a ping that nobody answers. */
  private record Busy(TcpIp stack, CompletionStage<PingReply> ping, CompletionStage<Done> socket) {}

  private Busy busy(Source<Frame, ?> link) {
    TcpIp stack = hosts.start(link);
    await(stack.configure(Ipv4Interface.of(TwoHosts.A, 24)));
    var socket = open(stack);
    await(socket.first());
    return new Busy(stack, ping(stack, Ipv4Address.BROADCAST), socket.second());
  }

  private Pair<CompletionStage<UdpBinding>, CompletionStage<Done>> open(TcpIp stack) {
    return Source.<Datagram>maybe()
        .viaMat(stack.udp(0), Keep.right())
        .toMat(Sink.ignore(), Keep.both())
        .run(hosts.system);
  }

  @Test
  void closingEndsSocketsAndFailsWhoWaits() {
    Busy busy = busy(Source.maybe());
    CompletionStage<Lease> lease = busy.stack().dhcp();
    CompletionStage<List<LeaseEvent>> events =
        busy.stack().leaseEvents().runWith(Sink.seq(), hosts.system);
    busy.stack().close();
    assertEquals(CLOSED, failureOf(busy.ping()));
    assertEquals(CLOSED, failureOf(lease));
    assertEquals(Done.getInstance(), await(busy.socket()));
    assertEquals(Done.getInstance(), await(busy.stack().terminated()));
    assertEquals(List.of(), await(events));
    hosts.assertNothingHeld();
  }

  @Test
  void afterItsEndAStackTellsWhyItDoesNothing() {
    TcpIp stack = hosts.start(Source.maybe());
    stack.close();
    await(stack.terminated());
    assertEquals(CLOSED, failureOf(ping(stack, TwoHosts.B)));
    assertEquals(CLOSED, failureOf(stack.configure(Ipv4Interface.of(TwoHosts.A, 24))));
    assertEquals(CLOSED, failureOf(stack.dhcp()));
    var socket = open(stack);
    assertEquals(CLOSED, failureOf(socket.first()));
    assertEquals(CLOSED, failureOf(socket.second()));
    stack.close();
  }

  @Test
  void aLinkThatFailsTellsEverybodyWhy() {
    var link = new CompletableFuture<Frame>();
    Busy busy = busy(Source.completionStage(link));
    link.completeExceptionally(new IllegalStateException("the cable was cut"));
    String reason = "the link of the TCP/IP stack failed: the cable was cut";
    assertEquals(reason, failureOf(busy.ping()));
    assertEquals(reason, failureOf(busy.socket()));
    assertEquals(reason, failureOf(busy.stack().terminated()));
    assertEquals(reason, failureOf(ping(busy.stack(), TwoHosts.B)));
    hosts.assertNothingHeld();
  }

  @Test
  void aFailureWithoutWordsIsNamedByItsKind() {
    TcpIp stack = hosts.start(Source.failed(new ArithmeticException()));
    assertEquals(
        "the link of the TCP/IP stack failed: java.lang.ArithmeticException",
        failureOf(stack.terminated()));
  }

  @Test
  void aLinkThatEndsIsNoFailureOfIts() {
    String reason = "the link of the TCP/IP stack ended";
    assertEquals(reason, failureOf(hosts.start(Source.empty()).terminated()));
    TcpIp unheard =
        hosts.start(Flow.fromSinkAndSource(Sink.cancelled(), Source.maybe()), hosts.settings(1));
    assertEquals(reason, failureOf(unheard.terminated()));
  }

  @Test
  void aFailureWithinIsToldToo() {
    TcpIp stack =
        hosts.start(
            Flow.fromSinkAndSource(Sink.ignore(), Source.maybe()),
            hosts
                .settings(1)
                .withAllocator(
                    length -> {
                      throw new IllegalStateException("no memory");
                    }));
    String reason = "the TCP/IP stack failed: no memory";
    assertEquals(reason, failureOf(stack.configure(Ipv4Interface.of(TwoHosts.A, 24))));
    assertEquals(reason, failureOf(stack.terminated()));
  }

  @Test
  void anUnboundedTimeoutIsNoFailure() {
    var pair = hosts.joined();
    assertEquals(
        TwoHosts.B,
        await(
                pair.first()
                    .ping(
                        TwoHosts.B,
                        ByteString.emptyByteString(),
                        Duration.ofSeconds(Long.MAX_VALUE)))
            .from());
  }

  @Test
  void settingsThatCannotWorkAreRefused() {
    TcpIpSettings good = hosts.settings(1);
    for (MacAddress mac : new MacAddress[] {new MacAddress(0), MacAddress.BROADCAST}) {
      assertRefused(() -> TcpIpSettings.of(mac, 1500));
    }
    assertRefused(() -> TcpIpSettings.of(good.mac(), 67));
    assertRefused(() -> TcpIpSettings.of(good.mac(), 65_536));
    assertRefused(() -> good.withQueues(0, 1));
    assertRefused(() -> good.withQueues(1, 0));
    assertRefused(() -> good.withHostname("x".repeat(64)));
    assertRefused(() -> good.withHostname("hôte"));
    assertRefused(() -> Ipv4Interface.of(TwoHosts.A, 33));
    assertRefused(() -> new ArpSettings(LONG, LONG, 0, 1, 1));
    assertRefused(() -> new DhcpSettings(LONG, Duration.ofSeconds(1), 1, LONG, LONG));
  }

  private static void assertRefused(Executable wrong) {
    assertThrows(IllegalArgumentException.class, wrong);
  }
}
