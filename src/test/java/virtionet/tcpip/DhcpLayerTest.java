package virtionet.tcpip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import virtionet.net.MacAddress;

/** DHCP on the wire, and what it does with the stack's address. */
class DhcpLayerTest {
  private final StackFixture fixture = new StackFixture();
  private final CompletableFuture<Lease> first = new CompletableFuture<>();

  @AfterEach
  void eachFrameWasReleased() {
    fixture.close();
  }

  /** The DHCP message in a frame that was sent. */
  private static DhcpMessage message(byte[] frame) {
    Ipv4Packet packet = StackFixture.packet(frame);
    byte[] datagram = packet.payload().toArray(ValueLayout.JAVA_BYTE);
    assertEquals(DhcpClient.CLIENT_PORT, Packets.u16(datagram, 0));
    assertEquals(DhcpClient.SERVER_PORT, Packets.u16(datagram, 2));
    byte[] data = Arrays.copyOfRange(datagram, 8, datagram.length);
    assertEquals(
        Packets.u16(
            Packets.udp(
                packet.source(),
                DhcpClient.CLIENT_PORT,
                packet.destination(),
                DhcpClient.SERVER_PORT,
                data),
            6),
        Packets.u16(datagram, 6),
        "checksum");
    return DhcpMessage.decode(data).orElseThrow();
  }

  private void reply(DhcpMessages message, Ipv4Address to) {
    byte[] datagram =
        Packets.udp(
            DhcpMessages.SERVER,
            DhcpClient.SERVER_PORT,
            to,
            DhcpClient.CLIENT_PORT,
            message.bytes());
    fixture.receiveIpv4(Packets.ipv4(DhcpMessages.SERVER, to, 17, datagram));
  }

  private void reply(DhcpMessages message) {
    reply(message, Ipv4Address.BROADCAST);
  }

  /** Up to the lease, whose announcement is taken off the link. */
  private void bind() {
    fixture.stack.lease(first);
    DhcpMessage discover = message(fixture.takeOnly());
    reply(DhcpMessages.of(DhcpMessage.OFFER).answering(discover));
    DhcpMessage request = message(fixture.takeOnly());
    // Some servers answer to the address that they grant, before it is anybody's.
    reply(DhcpMessages.of(DhcpMessage.ACKNOWLEDGE).answering(request), DhcpMessages.OFFERED);
  }

  @Test
  void aLeaseIsTheStacksAddressAndIsAnnounced() {
    bind();
    assertEquals(DhcpMessages.OFFERED, first.join().address());
    assertEquals(List.of(new LeaseEvent.Acquired(first.join())), fixture.leases);
    assertEquals(
        ArpPacket.request(StackFixture.MAC, DhcpMessages.OFFERED, DhcpMessages.OFFERED),
        StackFixture.arp(fixture.takeOnly()));
  }

  @Test
  void whatIsSentBeforeThereIsAnAddressGoesFromNoneToAll() {
    fixture.stack.lease(first);
    byte[] frame = fixture.takeOnly();
    assertEquals(MacAddress.BROADCAST, StackFixture.destination(frame));
    Ipv4Packet packet = StackFixture.packet(frame);
    assertEquals(Ipv4Address.ANY, packet.source());
    assertEquals(Ipv4Address.BROADCAST, packet.destination());
  }

  @Test
  void theRenewalGoesToTheServersStation() {
    bind();
    fixture.takeSent();
    fixture.advance(Duration.ofSeconds(500));
    assertEquals(DhcpMessages.SERVER, StackFixture.arp(fixture.takeOnly()).target());
    fixture.receiveArp(
        Packets.arp(
            2, StackFixture.PEER_MAC, DhcpMessages.SERVER, StackFixture.MAC, DhcpMessages.OFFERED));
    byte[] frame = fixture.takeOnly();
    assertEquals(StackFixture.PEER_MAC, StackFixture.destination(frame));
    reply(DhcpMessages.of(DhcpMessage.ACKNOWLEDGE).answering(message(frame)), DhcpMessages.OFFERED);
    assertEquals(new LeaseEvent.Renewed(first.join()), fixture.leases.getLast());
    assertEquals(0, fixture.waitingOnLink(), "nothing is announced anew");
  }

  @Test
  void aLostLeaseTakesTheAddressAway() {
    bind();
    fixture.takeSent();
    fixture.advance(Duration.ofSeconds(1000));
    assertTrue(fixture.leases.getLast() instanceof LeaseEvent.Lost);
    List<byte[]> sent = fixture.takeSent();
    assertEquals(DhcpMessage.DISCOVER, message(sent.getLast()).type());
    fixture.receiveArp(
        Packets.arp(
            1,
            StackFixture.PEER_MAC,
            DhcpMessages.SERVER,
            new MacAddress(0),
            DhcpMessages.OFFERED));
    assertEquals(0, fixture.waitingOnLink(), "no answer for an address that is not ours");
  }

  @Test
  void whoWaitsForTheFirstLeaseIsToldWhenNoneComesAndTheSearchGoesOn() {
    fixture.stack.lease(first);
    fixture.advance(Duration.ofSeconds(30).minusNanos(1));
    assertFalse(first.isDone());
    fixture.advance(Duration.ofNanos(1));
    assertEquals("no DHCP server gave a lease within 30 s", StackFixture.failureOf(first));
    fixture.takeSent();
    fixture.advance(Duration.ofSeconds(20));
    DhcpMessage discover = message(fixture.takeSent().getLast());
    reply(DhcpMessages.of(DhcpMessage.OFFER).answering(discover));
    reply(DhcpMessages.of(DhcpMessage.ACKNOWLEDGE).answering(message(fixture.takeOnly())));
    assertTrue(fixture.leases.getLast() instanceof LeaseEvent.Acquired);
  }

  @Test
  void whatIsNoAnswerToUsIsCounted() {
    fixture.stack.lease(first);
    DhcpMessages offer = DhcpMessages.of(DhcpMessage.OFFER).answering(message(fixture.takeOnly()));
    reply(offer.client(StackFixture.PEER_MAC));
    fixture.receiveUdp(StackFixture.PEER, 67, DhcpClient.CLIENT_PORT, new byte[7]);
    fixture.receiveUdp(
        StackFixture.PEER, 66, DhcpClient.CLIENT_PORT, offer.client(StackFixture.MAC).bytes());
    fixture.assertCounted(TcpIpCounter.DHCP_IGNORED, 3);
    assertEquals(0, fixture.waitingOnLink());
  }

  @Test
  void whatTheLinkHasNoRoomForIsNotKept() {
    fixture.setRoom(1);
    fixture.stack.lease(first);
    fixture.advance(Duration.ofMinutes(10));
    assertEquals(1, fixture.waitingOnLink());
    assertTrue(fixture.counters.get(TcpIpCounter.SEND_QUEUE_FULL) > 30);
    fixture.takeSent();
    fixture.advance(Duration.ofSeconds(18));
    assertEquals(DhcpMessage.DISCOVER, message(fixture.takeOnly()).type());
  }

  @Test
  void aPortInUseIsSaidToWhoWantsALease() {
    fixture
        .stack
        .udp()
        .bind(
            DhcpClient.CLIENT_PORT,
            new UdpLayer.Receiver() {
              @Override
              public boolean receive(Ipv4Address source, int port, MemorySegment data) {
                return false;
              }

              @Override
              public void ended(Optional<TcpIpException> failure) {}
            });
    var refusal = assertThrows(TcpIpException.class, () -> fixture.stack.lease(first));
    assertTrue(String.valueOf(refusal.getMessage()).contains("UDP port 68 is in use"));
  }

  @Test
  void theStacksEndIsToldToWhoWaitsForALease() {
    fixture.stack.lease(first);
    fixture.fail();
    assertEquals(StackFixture.END, StackFixture.failureOf(first));
  }
}
