package virtionet.tcpip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.util.ByteString;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtionet.net.MacAddress;

/** Address resolution on the wire: whom the stack answers, believes and gives up. */
class ArpLayerTest {
  private static final MacAddress NOBODY = new MacAddress(0);
  private static final Ipv4Address OTHER = Ipv4Address.parse("10.0.0.77");

  private final StackFixture fixture = StackFixture.configured();

  @AfterEach
  void eachFrameWasReleased() {
    fixture.close();
  }

  private static byte[] request(Ipv4Address from, Ipv4Address target) {
    return Packets.arp(1, StackFixture.PEER_MAC, from, NOBODY, target);
  }

  /** Sends a datagram to the peer. */
  private void talk() {
    fixture
        .stack
        .udp()
        .send(9, new Datagram(StackFixture.PEER, 9, ByteString.emptyByteString()), () -> {});
  }

  private boolean knowsPeer() {
    talk();
    List<byte[]> sent = fixture.takeSent();
    return Packets.u16(sent.getFirst(), EthernetHeader.TYPE) == EthernetHeader.TYPE_IPV4;
  }

  @Test
  void aRequestForOurAddressIsAnsweredToWhoAsked() {
    fixture.receiveArp(request(StackFixture.PEER, StackFixture.ADDRESS));
    byte[] frame = fixture.takeOnly();
    assertEquals(StackFixture.PEER_MAC, StackFixture.destination(frame));
    assertEquals(StackFixture.MAC, MacAddress.of(frame, EthernetHeader.SOURCE));
    assertEquals(
        new ArpPacket(
            false,
            StackFixture.MAC,
            StackFixture.ADDRESS,
            StackFixture.PEER_MAC,
            StackFixture.PEER),
        StackFixture.arp(frame));
    assertTrue(knowsPeer(), "who asks will want to be answered");
  }

  @Test
  void anAnnouncementAsksAllForOurOwnAddress() {
    fixture.stack.announce();
    byte[] frame = fixture.takeOnly();
    assertEquals(MacAddress.BROADCAST, StackFixture.destination(frame));
    assertEquals(
        ArpPacket.request(StackFixture.MAC, StackFixture.ADDRESS, StackFixture.ADDRESS),
        StackFixture.arp(frame));
  }

  @Test
  void withoutAnAddressThereIsNothingToAnnounce() {
    try (var bare = new StackFixture()) {
      bare.stack.announce();
      assertEquals(0, bare.waitingOnLink());
    }
  }

  @Test
  void aRequestForAnotherAddressIsNotAnsweredNorIsItsSenderLearnt() {
    fixture.receiveArp(request(StackFixture.PEER, OTHER));
    assertEquals(0, fixture.waitingOnLink());
    assertFalse(knowsPeer());
  }

  @Test
  void anAnswerThatNobodyAskedForIsNotLearnt() {
    fixture.answerArp();
    assertFalse(knowsPeer());
  }

  @Test
  void aProbeIsAnsweredAndNotLearnt() {
    fixture.receiveArp(request(Ipv4Address.ANY, StackFixture.ADDRESS));
    assertEquals(Ipv4Address.ANY, StackFixture.arp(fixture.takeOnly()).target());
  }

  @Test
  void aStrangerToTheLinkIsAnsweredAndNotLearnt() {
    fixture.receiveArp(request(StackFixture.FAR, StackFixture.ADDRESS));
    assertEquals(1, fixture.takeSent().size());
    fixture.stack.configure(
        StackFixture.FACE.withGateway(StackFixture.FAR)); // forgets, and asks for FAR next
    fixture.takeSent();
    fixture.receiveArp(request(StackFixture.FAR, StackFixture.ADDRESS));
    fixture.takeSent();
    fixture
        .stack
        .udp()
        .send(
            9, new Datagram(Ipv4Address.of(8, 8, 8, 8), 9, ByteString.emptyByteString()), () -> {});
    assertEquals(
        StackFixture.PEER_MAC,
        StackFixture.destination(fixture.takeOnly()),
        "a gateway off the link is learnt");
  }

  @Test
  void whoClaimsOurAddressIsCountedAndNotAnswered() {
    byte[] claim = request(StackFixture.ADDRESS, StackFixture.ADDRESS);
    fixture.assertDropped(
        TcpIpCounter.ARP_CONFLICT,
        Packets.ethernet(
            MacAddress.BROADCAST, StackFixture.PEER_MAC, EthernetHeader.TYPE_ARP, claim));
  }

  @Test
  void ourOwnPacketThatComesBackIsIgnored() {
    fixture.receiveArp(
        Packets.arp(1, StackFixture.MAC, StackFixture.ADDRESS, NOBODY, StackFixture.ADDRESS));
    fixture.assertCounted(TcpIpCounter.ARP_CONFLICT, 0);
    assertEquals(0, fixture.waitingOnLink());
  }

  @Test
  void withoutAnAddressNobodyIsAnswered() {
    try (var fresh = new StackFixture()) {
      fresh.receiveArp(request(StackFixture.PEER, StackFixture.ADDRESS));
      fresh.receiveArp(request(StackFixture.PEER, Ipv4Address.ANY));
      assertEquals(0, fresh.waitingOnLink());
    }
  }

  @Test
  void aNewAddressIsAnnouncedToAll() {
    fixture.stack.configure(Ipv4Interface.of(OTHER, 24));
    byte[] frame = fixture.takeOnly();
    assertEquals(MacAddress.BROADCAST, StackFixture.destination(frame));
    assertEquals(ArpPacket.request(StackFixture.MAC, OTHER, OTHER), StackFixture.arp(frame));
  }

  @ParameterizedTest
  @CsvSource({"0,2", "2,0x0806", "4,0x0605", "4,0x0504", "6,0", "6,3"})
  void anotherHardwareProtocolLengthOrOperationIsMalformed(int offset, String value) {
    byte[] packet = request(StackFixture.PEER, StackFixture.ADDRESS);
    Packets.putU16(packet, offset, Integer.decode(value));
    assertMalformed(packet);
  }

  @Test
  void aShortPacketOrASenderThatNoStationCanBeIsMalformed() {
    assertMalformed(new byte[27]);
    for (MacAddress sender : List.of(NOBODY, MacAddress.BROADCAST)) {
      assertMalformed(Packets.arp(1, sender, StackFixture.PEER, NOBODY, StackFixture.ADDRESS));
    }
  }

  private void assertMalformed(byte[] packet) {
    fixture.assertDropped(
        TcpIpCounter.ARP_MALFORMED,
        Packets.ethernet(StackFixture.MAC, StackFixture.PEER_MAC, EthernetHeader.TYPE_ARP, packet));
  }

  @Test
  void whatWasWrittenIsReadAgainAlsoBeforePadding() {
    var packet =
        new ArpPacket(false, StackFixture.MAC, StackFixture.ADDRESS, StackFixture.PEER_MAC, OTHER);
    var bytes = MemorySegment.ofArray(new byte[46]);
    packet.write(bytes);
    assertEquals(packet, ArpPacket.parse(bytes).orElseThrow());
  }

  @Test
  void aSilentStationFailsWhoWaitsWithTheNumbersAndIsCounted() {
    CompletableFuture<PingReply> answer = ping();
    assertEquals(MacAddress.BROADCAST, StackFixture.destination(fixture.takeOnly()));
    fixture.advance(Duration.ofMillis(2999));
    assertEquals(2, fixture.takeSent().size(), "asked again each second");
    assertFalse(answer.isDone());
    fixture.advance(Duration.ofMillis(1));
    assertEquals(
        "no station answers for 10.0.0.1: 3 ARP requests in 3000 ms",
        StackFixture.failureOf(answer));
    fixture.assertCounted(TcpIpCounter.ARP_UNANSWERED, 1);
  }

  @Test
  void whatWaitsForAStationIsFailedWhenTheAddressIsGivenUp() {
    CompletableFuture<PingReply> answer = ping();
    fixture.stack.configure(Ipv4Interface.of(OTHER, 24));
    assertEquals("the address was given up meanwhile", StackFixture.failureOf(answer));
  }

  private CompletableFuture<PingReply> ping() {
    var answer = new CompletableFuture<PingReply>();
    fixture.stack.ping(
        StackFixture.PEER, ByteString.emptyByteString(), Duration.ofMinutes(1), answer);
    return answer;
  }

  @Test
  void datagramsThatWaitAreBoundedAndTheRestCounted() {
    int queue = ArpSettings.defaults().queue();
    for (int i = 0; i < queue + 5; i++) {
      talk();
    }
    fixture.assertCounted(TcpIpCounter.ARP_QUEUE_FULL, 5);
    assertEquals(queue, fixture.frames.held() - fixture.waitingOnLink());
    fixture.takeSent();
    fixture.answerArp();
    assertEquals(queue, fixture.takeSent().size());
  }

  @Test
  void questionsAreNotAnsweredWhileTheLinkHasNoRoom() {
    fixture.setRoom(3);
    for (int i = 0; i < 10; i++) {
      fixture.receiveArp(request(StackFixture.PEER, StackFixture.ADDRESS));
    }
    assertEquals(3, fixture.waitingOnLink());
    fixture.assertCounted(TcpIpCounter.SEND_QUEUE_FULL, 7);
  }
}
