package virtionet.tcpip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static virtionet.tcpip.StackFixture.failureOf;

import akka.util.ByteString;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Echo requests and answers, theirs and ours. */
class IcmpLayerTest {
  private static final int ICMP = 1;
  private static final int REPLY = 0;
  private static final int REQUEST = 8;
  private static final int MAX_DATA = 1472;
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private final StackFixture fixture = StackFixture.configured();

  @BeforeEach
  void thePeerIsKnown() {
    fixture.introducePeer();
  }

  @AfterEach
  void eachFrameWasReleased() {
    fixture.close();
  }

  private static byte[] from(Ipv4Address source, byte[] message) {
    return Packets.ipv4(source, StackFixture.ADDRESS, ICMP, message);
  }

  private static byte[] message(Ipv4Packet packet) {
    return packet.payload().toArray(ValueLayout.JAVA_BYTE);
  }

  private CompletableFuture<PingReply> ping(Ipv4Address to, ByteString data) {
    var answer = new CompletableFuture<PingReply>();
    fixture.stack.ping(to, data, TIMEOUT, answer);
    return answer;
  }

  /** A ping to the peer that was sent. */
  private record Asked(CompletableFuture<PingReply> answer, int identifier, int sequence) {}

  private Asked ask(String data) {
    return ask(StackFixture.PEER, data);
  }

  private Asked ask(Ipv4Address to, String data) {
    CompletableFuture<PingReply> answer = ping(to, ByteString.fromString(data));
    byte[] request = message(fixture.takeOnlyPacket());
    assertEquals(REQUEST, request[0]);
    assertEquals(0, Packets.checksum(request, 0, request.length));
    return new Asked(answer, Packets.u16(request, 4), Packets.u16(request, 6));
  }

  @Test
  void aRequestIsAnsweredWithItsOwnBytesAtAnyLength() {
    var random = new Random(792);
    for (int length = 0; length <= MAX_DATA; length += length < 20 ? 1 : 97) {
      byte[] data = new byte[length];
      random.nextBytes(data);
      fixture.receiveIpv4(from(StackFixture.PEER, Packets.echo(REQUEST, 0xbeef, length, data)));
      Ipv4Packet answer = fixture.takeOnlyPacket();
      assertEquals(StackFixture.PEER, answer.destination());
      assertEquals(StackFixture.ADDRESS, answer.source());
      assertArrayEquals(Packets.echo(REPLY, 0xbeef, length, data), message(answer));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.255", "255.255.255.255"})
  void whoAsksAllIsNotAnswered(String all) {
    fixture.assertIpv4Dropped(
        TcpIpCounter.ICMP_IGNORED,
        Packets.ipv4(
            StackFixture.PEER,
            Ipv4Address.parse(all),
            ICMP,
            Packets.echo(REQUEST, 1, 1, new byte[4])));
  }

  @Test
  void whoHasNoAddressIsNotAnswered() {
    fixture.assertIpv4Dropped(
        TcpIpCounter.ICMP_IGNORED, from(Ipv4Address.ANY, Packets.echo(REQUEST, 1, 1, new byte[4])));
  }

  @Test
  void withoutAnAddressNobodyIsAnswered() {
    try (var fresh = new StackFixture()) {
      fresh.assertIpv4Dropped(
          TcpIpCounter.ICMP_IGNORED,
          from(StackFixture.PEER, Packets.echo(REQUEST, 1, 1, new byte[4])));
    }
  }

  @Test
  void whatTheLinkHasNoRoomForIsNotAnswered() {
    fixture.setRoom(2);
    for (int i = 0; i < 5; i++) {
      fixture.receiveIpv4(from(StackFixture.PEER, Packets.echo(REQUEST, 1, i, new byte[4])));
    }
    assertEquals(2, fixture.waitingOnLink());
    fixture.assertCounted(TcpIpCounter.SEND_QUEUE_FULL, 3);
    fixture.assertCounted(TcpIpCounter.PINGS_ANSWERED, 2);
  }

  @Test
  void answersToManyUnknownStationsAreBounded() {
    ArpSettings bounds = ArpSettings.defaults();
    for (int i = 0; i < 100_000; i++) {
      Ipv4Address stranger = Ipv4Address.of(10, 0, 0, 3 + i % 250);
      fixture.receiveIpv4(from(stranger, Packets.echo(REQUEST, 1, 1, new byte[4])));
      fixture.takeSent();
    }
    assertTrue(fixture.frames.held() <= bounds.entries() * bounds.queue());
    assertTrue(fixture.counters.get(TcpIpCounter.ARP_QUEUE_FULL) > 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7})
  void aShortMessageIsMalformed(int length) {
    fixture.assertIpv4Dropped(
        TcpIpCounter.ICMP_MALFORMED, from(StackFixture.PEER, new byte[length]));
  }

  @Test
  void aRequestLongerThanItsAnswerMayBeIsMalformed() {
    fixture.assertIpv4Dropped(
        TcpIpCounter.ICMP_MALFORMED,
        from(StackFixture.PEER, Packets.echo(REQUEST, 1, 1, new byte[MAX_DATA + 1])));
  }

  @Test
  void aDamagedMessageIsABadChecksum() {
    byte[] message = Packets.echo(REQUEST, 1, 1, new byte[4]);
    message[9] ^= 0x10;
    fixture.assertIpv4Dropped(TcpIpCounter.ICMP_BAD_CHECKSUM, from(StackFixture.PEER, message));
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 5, 11, 13, 255})
  void anotherTypeIsIgnored(int type) {
    fixture.assertIpv4Dropped(
        TcpIpCounter.ICMP_IGNORED, from(StackFixture.PEER, Packets.echo(type, 1, 1, new byte[4])));
  }

  @Test
  void anAnswerTellsFromWhereHowFarAndHowLong() {
    Asked asked = ask("hello");
    fixture.advance(Duration.ofMillis(7));
    fixture.receiveIpv4(
        from(
            StackFixture.PEER,
            Packets.echo(REPLY, asked.identifier(), asked.sequence(), Packets.text("hello"))));
    assertEquals(
        new PingReply(
            StackFixture.PEER, 1, 63, ByteString.fromString("hello"), Duration.ofMillis(7)),
        asked.answer().join());
    assertTrue(fixture.stack.nextDeadline().isEmpty());
  }

  @Test
  void anotherIdentifierSequenceOrSourceIsIgnored() {
    Asked asked = ask("x");
    int id = asked.identifier();
    byte[] data = Packets.text("x");
    assertIgnored(StackFixture.PEER, Packets.echo(REPLY, id ^ 1, asked.sequence(), data));
    assertIgnored(StackFixture.PEER, Packets.echo(REPLY, id, asked.sequence() + 1, data));
    assertIgnored(StackFixture.FAR, Packets.echo(REPLY, id, asked.sequence(), data));
    assertFalse(asked.answer().isDone());
  }

  private void assertIgnored(Ipv4Address source, byte[] message) {
    fixture.assertIpv4Dropped(TcpIpCounter.ICMP_IGNORED, from(source, message));
  }

  @Test
  void otherDataFailsThePingAndASecondAnswerIsIgnored() {
    Asked asked = ask("hello");
    byte[] wrong = Packets.echo(REPLY, asked.identifier(), asked.sequence(), Packets.text("hellO"));
    fixture.receiveIpv4(from(StackFixture.PEER, wrong));
    assertEquals("10.0.0.1 answered with other data than was sent", failureOf(asked.answer()));
    assertIgnored(StackFixture.PEER, wrong);
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.255", "255.255.255.255", "224.0.0.1"})
  void whoAsksAllTakesTheFirstAnswer(String all) {
    Asked asked = ask(Ipv4Address.parse(all), "x");
    byte[] reply = Packets.echo(REPLY, asked.identifier(), asked.sequence(), Packets.text("x"));
    fixture.receiveIpv4(from(StackFixture.PEER, reply));
    assertEquals(StackFixture.PEER, asked.answer().join().from());
    assertIgnored(Ipv4Address.of(10, 0, 0, 4), reply);
  }

  @Test
  void aPingThatNobodyAnswersFailsAtItsTimeoutAndNotBefore() {
    Asked asked = ask("x");
    fixture.advance(TIMEOUT.minusNanos(1));
    assertFalse(asked.answer().isDone());
    fixture.advance(Duration.ofNanos(1));
    assertEquals("10.0.0.1 did not answer within 2000 ms", failureOf(asked.answer()));
    assertIgnored(
        StackFixture.PEER,
        Packets.echo(REPLY, asked.identifier(), asked.sequence(), Packets.text("x")));
  }

  @Test
  void aTimeoutWithoutEndIsNoError() {
    var answer = new CompletableFuture<PingReply>();
    fixture.stack.ping(
        StackFixture.PEER,
        ByteString.emptyByteString(),
        Duration.ofSeconds(Long.MAX_VALUE),
        answer);
    fixture.takeSent();
    Asked other = ask("x");
    fixture.advance(TIMEOUT);
    assertTrue(other.answer().isCompletedExceptionally());
    assertFalse(answer.isDone());
  }

  @Test
  void dataBeyondTheMtuIsRefusedWithTheNumbers() {
    assertEquals(
        "1473 bytes of data: the link's MTU leaves 1472",
        failureOf(ping(StackFixture.PEER, ByteString.fromArray(new byte[MAX_DATA + 1]))));
    assertFalse(ping(StackFixture.PEER, ByteString.fromArray(new byte[MAX_DATA])).isDone());
  }

  @Test
  void aPingThatTheLinkHasNoRoomForFailsAtOnce() {
    fixture.setRoom(1);
    assertFalse(ping(StackFixture.PEER, ByteString.emptyByteString()).isDone());
    assertEquals(
        "the link has no room: it is slower than what is sent",
        failureOf(ping(StackFixture.PEER, ByteString.emptyByteString())));
    assertEquals(1, fixture.waitingOnLink());
    fixture.assertCounted(TcpIpCounter.SEND_QUEUE_FULL, 1);
  }

  @Test
  void noPingIsForgottenWhenAllSequenceNumbersWait() {
    List<CompletableFuture<PingReply>> answers = new ArrayList<>();
    for (int i = 0; i < 0x10000; i++) {
      answers.add(ping(StackFixture.PEER, ByteString.emptyByteString()));
      fixture.takeSent();
    }
    assertEquals(
        "all sequence numbers wait for answers: 65536",
        failureOf(ping(StackFixture.PEER, ByteString.emptyByteString())));
    fixture.advance(TIMEOUT);
    assertTrue(answers.stream().allMatch(CompletableFuture::isCompletedExceptionally));
  }

  @Test
  void theStacksEndFailsPingsWithItsReason() {
    Asked asked = ask("x");
    CompletableFuture<PingReply> unresolved =
        ping(Ipv4Address.of(10, 0, 0, 9), ByteString.emptyByteString());
    fixture.fail();
    assertEquals("closed by the test", failureOf(asked.answer()));
    assertEquals("closed by the test", failureOf(unresolved));
  }
}
