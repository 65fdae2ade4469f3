package virtionet.tcpip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.tcpip.TwoHosts.await;
import static virtionet.tcpip.TwoHosts.awaitThat;
import static virtionet.tcpip.TwoHosts.count;
import static virtionet.tcpip.TwoHosts.failureOf;

import akka.Done;
import akka.NotUsed;
import akka.japi.Pair;
import akka.stream.Attributes;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.SinkQueueWithCancel;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import virtionet.net.Frame;

/** UDP sockets as flows, over two stacks that are joined back to back. */
class UdpSocketTest {
  private static final int PORT = 7;
  private static final int MAX_DATA = 1472;

  /** Datagrams of one socket, and what stages may hold between them. */
  private static final int ON_THEIR_WAY = 64 + 16;

  private final TwoHosts hosts = new TwoHosts();

  @AfterEach
  void stop() {
    hosts.close();
  }

  private static Datagram datagram(Ipv4Address to, int length) {
    byte[] data = new byte[length];
    new Random(length).nextBytes(data);
    return Datagram.of(to, PORT, data);
  }

  private UdpBinding echo(TcpIp stack) {
    Flow<Datagram, Datagram, ?> reply =
        Flow.of(Datagram.class).map(received -> received.reply(received.data()));
    return await(stack.udp(PORT).join(reply).run(hosts.system));
  }

  /** Sends these, and takes nothing. */
  private Pair<CompletionStage<UdpBinding>, CompletionStage<Done>> send(
      TcpIp stack, int port, List<Datagram> datagrams) {
    return Source.from(datagrams)
        .concat(Source.maybe())
        .viaMat(stack.udp(port), Keep.right())
        .toMat(Sink.ignore(), Keep.both())
        .run(hosts.system);
  }

  @Test
  void datagramsOfManyLengthsAreEchoed() {
    var pair = hosts.joined();
    assertEquals(new UdpBinding(PORT, MAX_DATA), echo(pair.second()));
    List<Datagram> sent = new ArrayList<>();
    for (int length = 0; length <= MAX_DATA; length += length < 4 ? 1 : 36) {
      sent.add(datagram(TwoHosts.B, length));
    }
    assertTrue(sent.size() < 64, "all at once");
    sent.add(datagram(TwoHosts.B, MAX_DATA));
    List<Datagram> echoed =
        await(
            Source.from(sent)
                .concat(Source.maybe())
                .via(pair.first().udp(0))
                .take(sent.size())
                .runWith(Sink.seq(), hosts.system));
    assertEquals(sent, echoed);
    hosts.assertNothingHeld();
  }

  @Test
  void aPortInUseFailsTheSecondSocketWithTheRemedyAndIsFreeAfterTheFirst() {
    TcpIp stack = hosts.joined().first();
    var first =
        Source.<Datagram>maybe()
            .viaMat(stack.udp(PORT), Keep.right())
            .toMat(Sink.<Datagram>queue(), Keep.both())
            .run(hosts.system);
    await(first.first());
    var second = send(stack, PORT, List.of());
    String reason = "UDP port 7 is in use: close its socket, or take another";
    assertEquals(reason, failureOf(second.first()));
    assertEquals(reason, failureOf(second.second()));
    first.second().cancel();
    awaitThat(
        "the port is free",
        () ->
            await(
                send(stack, PORT, List.of())
                    .first()
                    .handle((binding, failure) -> failure == null)));
  }

  @Test
  void aDatagramBeyondTheMtuFailsItsSocketWithTheNumbers() {
    TcpIp stack = hosts.joined().first();
    var socket = send(stack, 0, List.of(datagram(TwoHosts.B, MAX_DATA + 1)));
    assertEquals(
        "a datagram of 1473 bytes to 10.0.0.2: the link's MTU leaves 1472",
        failureOf(socket.second()));
  }

  @Test
  void whoWantsNoAnswerDoesNotEndTheSocketThatAnswers() {
    var link = new CompletableFuture<Frame>();
    TcpIp stack = hosts.start(Source.completionStage(link).concat(Source.maybe()));
    await(stack.configure(Ipv4Interface.of(TwoHosts.B, 24)));
    echo(stack);
    byte[] datagram = Packets.udp(TwoHosts.A, 0, TwoHosts.B, PORT, Packets.text("x"));
    link.complete(
        Frame.wrap(
            Packets.ethernet(
                hosts.settings(1).mac(),
                hosts.settings(2).mac(),
                EthernetHeader.TYPE_IPV4,
                Packets.ipv4(TwoHosts.A, TwoHosts.B, 17, datagram))));
    awaitThat("it was answered", () -> count(stack, TcpIpCounter.UDP_NO_PORT) == 1);
    assertTrue(failureOf(send(stack, PORT, List.of()).first()).contains("in use"), "still open");
  }

  @Test
  void aSlowReaderLosesTheNewestAndWhatItGetsIsInOrder() {
    int all = 200;
    var pair =
        hosts.configured(hosts.joined(hosts.settings(1), hosts.settings(2).withQueues(256, 4)));
    Pair<CompletionStage<UdpBinding>, SinkQueueWithCancel<Datagram>> reader =
        Source.<Datagram>maybe()
            .viaMat(pair.second().udp(PORT), Keep.right())
            .toMat(Sink.<Datagram>queue().withAttributes(Attributes.inputBuffer(1, 1)), Keep.both())
            .run(hosts.system);
    await(reader.first());
    // Resolves the address first, else datagrams would be lost on this side.
    await(pair.first().ping(TwoHosts.B, ByteString.emptyByteString(), Duration.ofSeconds(30)));
    List<Datagram> sent = new ArrayList<>();
    for (int i = 0; i < all; i++) {
      sent.add(Datagram.of(TwoHosts.B, PORT, new byte[] {(byte) i}));
    }
    await(send(pair.first(), 0, sent).first());
    TcpIp receiver = pair.second();
    awaitThat(
        "each was taken or dropped",
        () ->
            count(receiver, TcpIpCounter.DATAGRAMS_RECEIVED)
                    + count(receiver, TcpIpCounter.UDP_QUEUE_FULL)
                == all);
    long taken = count(receiver, TcpIpCounter.DATAGRAMS_RECEIVED);
    assertTrue(taken >= 4 && taken < 16, taken + " were taken");
    int last = -1;
    for (int i = 0; i < taken; i++) {
      int next = await(reader.second().pull()).orElseThrow().data().apply(0) & 0xff;
      assertTrue(next > last, next + " after " + last);
      assertTrue(i > 0 || next == 0, "the first is the first");
      last = next;
    }
    hosts.assertNothingHeld();
  }

  @Test
  void aLinkThatTakesNothingHoldsTheSenderBack() {
    int room = 8;
    var link = new SinkLink();
    TcpIp stack = hosts.start(link.flow(), hosts.settings(1).withQueues(room, 1));
    await(stack.configure(Ipv4Interface.of(TwoHosts.A, 24)));
    var produced = new AtomicInteger();
    Source.repeat(datagram(Ipv4Address.BROADCAST, 100))
        .map(
            datagram -> {
              produced.incrementAndGet();
              return datagram;
            })
        .viaMat(stack.udp(0), Keep.right())
        .to(Sink.ignore())
        .run(hosts.system);
    for (int taken = 1; taken <= 500; taken++) {
      await(link.queue().pull()).orElseThrow().release();
      int ahead = produced.get() - taken;
      assertTrue(ahead <= room + ON_THEIR_WAY, () -> ahead + " datagrams ahead of the link");
    }
    assertTrue(hosts.frames.held() <= room + ON_THEIR_WAY, "frames held");
  }

  /** A link whose frames are taken one by one. */
  private final class SinkLink {
    private final Pair<SinkQueueWithCancel<Frame>, Sink<Frame, NotUsed>> sink =
        Sink.<Frame>queue()
            .withAttributes(Attributes.inputBuffer(1, 1))
            .preMaterialize(hosts.system);

    Flow<Frame, Frame, NotUsed> flow() {
      return Flow.fromSinkAndSource(sink.second(), Source.maybe());
    }

    SinkQueueWithCancel<Frame> queue() {
      return sink.first();
    }
  }

  @Test
  void aPortThatIsNoneIsRefused() {
    TcpIp stack = hosts.start(Source.maybe());
    assertThrows(IllegalArgumentException.class, () -> stack.udp(-1));
    assertThrows(IllegalArgumentException.class, () -> stack.udp(0x10000));
  }
}
