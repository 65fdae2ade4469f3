package virtionet.tcpip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.util.ByteString;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ports and datagrams. */
class UdpLayerTest {
  private static final int UDP = 17;
  private static final int PORT = 7;
  private static final int CHECKSUM = 6;

  private final StackFixture fixture = StackFixture.configured();
  private final Inbox inbox = new Inbox(Integer.MAX_VALUE);

  @AfterEach
  void eachFrameWasReleased() {
    fixture.close();
  }

  /** Takes so many datagrams. */
  private static final class Inbox implements UdpLayer.Receiver {
    private final int room;
    final List<Datagram> datagrams = new ArrayList<>();
    final List<Optional<TcpIpException>> ends = new ArrayList<>();

    Inbox(int room) {
      this.room = room;
    }

    @Override
    public boolean receive(Ipv4Address source, int port, MemorySegment data) {
      if (datagrams.size() == room) {
        return false;
      }
      datagrams.add(Datagram.of(source, port, data.toArray(ValueLayout.JAVA_BYTE)));
      return true;
    }

    @Override
    public void ended(Optional<TcpIpException> failure) {
      ends.add(failure);
    }
  }

  private static byte[] udp(byte[] data) {
    return Packets.udp(StackFixture.PEER, 99, StackFixture.ADDRESS, PORT, data);
  }

  private static byte[] packet(byte[] datagram) {
    return Packets.ipv4(StackFixture.PEER, StackFixture.ADDRESS, UDP, datagram);
  }

  private static Datagram datagram(int port, byte[] data) {
    return Datagram.of(StackFixture.PEER, port, data);
  }

  private byte[] sentFor(byte[] data) {
    fixture.stack.udp().send(PORT, datagram(99, data), () -> {});
    return fixture.takeOnlyPacket().payload().toArray(ValueLayout.JAVA_BYTE);
  }

  @Test
  void aDatagramOfAnyLengthReachesTheSocketOfItsPort() {
    fixture.stack.udp().bind(PORT, inbox);
    var random = new Random(768);
    List<Datagram> expected = new ArrayList<>();
    for (int length = 0; length <= 1472; length += length < 9 ? 1 : 77) {
      byte[] data = new byte[length];
      random.nextBytes(data);
      fixture.receiveIpv4(packet(udp(data)));
      expected.add(datagram(99, data));
    }
    assertEquals(expected, inbox.datagrams);
    fixture.assertCounted(TcpIpCounter.DATAGRAMS_RECEIVED, expected.size());
  }

  @Test
  void aDatagramIsSentWithPortsLengthAndChecksum() {
    fixture.introducePeer();
    byte[] data = Packets.text("odd");
    assertArrayEquals(
        Packets.udp(StackFixture.ADDRESS, PORT, StackFixture.PEER, 99, data), sentFor(data));
  }

  @Test
  void aChecksumThatComesOutAsZeroIsSentAsOnes() {
    fixture.introducePeer();
    byte[] data = new byte[2];
    int checksum =
        Packets.u16(Packets.udp(StackFixture.ADDRESS, PORT, StackFixture.PEER, 99, data), CHECKSUM);
    Packets.putU16(data, 0, checksum);
    byte[] sent = sentFor(data);
    assertEquals(0xffff, Packets.u16(sent, CHECKSUM));
  }

  @Test
  void aDatagramWithoutAChecksumIsTakenAndOneWithAWrongOneIsNot() {
    fixture.stack.udp().bind(PORT, inbox);
    byte[] datagram = udp(Packets.text("data"));
    Packets.putU16(datagram, CHECKSUM, Packets.u16(datagram, CHECKSUM) ^ 1);
    fixture.assertIpv4Dropped(TcpIpCounter.UDP_BAD_CHECKSUM, packet(datagram));
    assertEquals(List.of(), inbox.datagrams);
    Packets.putU16(datagram, CHECKSUM, 0);
    fixture.receiveIpv4(packet(datagram));
    assertEquals(List.of(datagram(99, Packets.text("data"))), inbox.datagrams);
  }

  @Test
  void aChecksumOfOnesIsTakenForZero() {
    fixture.stack.udp().bind(PORT, inbox);
    byte[] data = new byte[2];
    Packets.putU16(data, 0, Packets.u16(udp(data), CHECKSUM));
    byte[] datagram = udp(data);
    assertEquals(0xffff, Packets.u16(datagram, CHECKSUM));
    fixture.receiveIpv4(packet(datagram));
    assertEquals(1, inbox.datagrams.size());
  }

  @Test
  void thePseudoHeaderIsPartOfTheChecksum() {
    fixture.stack.udp().bind(PORT, inbox);
    fixture.assertIpv4Dropped(
        TcpIpCounter.UDP_BAD_CHECKSUM,
        Packets.ipv4(Ipv4Address.of(10, 0, 0, 5), StackFixture.ADDRESS, UDP, udp(new byte[4])));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 7, 13, 0xffff})
  void aLengthBelowTheHeaderOrBeyondThePacketIsMalformed(int length) {
    fixture.stack.udp().bind(PORT, inbox);
    byte[] datagram = udp(new byte[4]);
    Packets.putU16(datagram, 4, length);
    Packets.putU16(datagram, CHECKSUM, 0);
    fixture.assertIpv4Dropped(TcpIpCounter.UDP_MALFORMED, packet(datagram));
  }

  @Test
  void aPacketShorterThanTheHeaderIsMalformed() {
    for (int length = 0; length < UdpLayer.HEADER_LENGTH; length++) {
      fixture.assertIpv4Dropped(TcpIpCounter.UDP_MALFORMED, packet(new byte[length]));
    }
  }

  @Test
  void bytesOfThePacketAfterTheDatagramAreNotData() {
    fixture.stack.udp().bind(PORT, inbox);
    byte[] datagram = udp(Packets.text("data"));
    fixture.receiveIpv4(packet(Arrays.copyOf(datagram, datagram.length + 5)));
    assertEquals(List.of(datagram(99, Packets.text("data"))), inbox.datagrams);
  }

  @Test
  void aDatagramForAPortWithoutASocketIsCounted() {
    fixture.assertIpv4Dropped(TcpIpCounter.UDP_NO_SOCKET, packet(udp(new byte[4])));
  }

  @Test
  void withoutAnAddressOnlyThePortOfDhcpHears() {
    try (var fresh = new StackFixture()) {
      fresh.stack.udp().bind(PORT, inbox);
      fresh.assertIpv4Dropped(TcpIpCounter.UDP_NO_SOCKET, packet(udp(new byte[4])));
      var dhcp = new Inbox(1);
      fresh.stack.udp().bind(DhcpClient.CLIENT_PORT, dhcp);
      fresh.receiveUdp(StackFixture.PEER, 67, DhcpClient.CLIENT_PORT, new byte[4]);
      assertEquals(1, dhcp.datagrams.size());
    }
  }

  @Test
  void aReceiverWithoutRoomLosesTheNewestWhichIsCounted() {
    var small = new Inbox(2);
    fixture.stack.udp().bind(PORT, small);
    for (int i = 0; i < 5; i++) {
      fixture.receiveIpv4(packet(udp(new byte[] {(byte) i})));
    }
    assertEquals(
        List.of(datagram(99, new byte[] {0}), datagram(99, new byte[] {1})), small.datagrams);
    fixture.assertCounted(TcpIpCounter.UDP_QUEUE_FULL, 3);
  }

  @Test
  void aPortInUseIsRefusedWithTheRemedyUntilItIsReleased() {
    UdpLayer udp = fixture.stack.udp();
    udp.bind(PORT, inbox);
    var other = new Inbox(1);
    var refusal = assertThrows(TcpIpException.class, () -> udp.bind(PORT, other));
    assertEquals("UDP port 7 is in use: close its socket, or take another", refusal.getMessage());
    udp.release(other);
    assertThrows(TcpIpException.class, () -> udp.bind(PORT, other));
    udp.release(inbox);
    assertEquals(PORT, udp.bind(PORT, other));
  }

  @Test
  void whoWantsAnyPortGetsAnEphemeralOneUntilNoneIsLeft() {
    UdpLayer udp = fixture.stack.udp();
    udp.bind(50_000, inbox);
    Set<Integer> ports = new HashSet<>();
    for (int i = 0; i < 16_383; i++) {
      ports.add(udp.bind(0, new Inbox(0)));
    }
    assertEquals(16_383, ports.size());
    assertTrue(ports.stream().allMatch(port -> port >= 49_152 && port != 50_000));
    assertThrows(TcpIpException.class, () -> udp.bind(0, new Inbox(0)));
    udp.release(inbox);
    assertEquals(50_000, udp.bind(0, new Inbox(0)));
  }

  @Test
  void sendersWaitUntilTheLinkHasRoom() {
    fixture.introducePeer();
    fixture.setRoom(3);
    var sent = new AtomicInteger();
    for (int i = 0; i < 5; i++) {
      fixture.stack.udp().send(PORT, datagram(99, new byte[] {(byte) i}), sent::incrementAndGet);
    }
    assertEquals(3, sent.get());
    assertEquals(3, fixture.takeSent().size());
    fixture.stack.onRoom();
    assertEquals(5, sent.get());
    List<byte[]> rest = fixture.takeSent();
    assertEquals(4, rest.getLast()[Packets.L4 + UdpLayer.HEADER_LENGTH]);
  }

  @Test
  void aDatagramToPortZeroIsNotSentAndCounted() {
    fixture.introducePeer();
    var sent = new AtomicInteger();
    fixture.stack.udp().send(PORT, datagram(0, new byte[1]), sent::incrementAndGet);
    assertEquals(1, sent.get());
    assertEquals(0, fixture.waitingOnLink());
    fixture.assertCounted(TcpIpCounter.UDP_NO_PORT, 1);
  }

  @Test
  void theEndOfTheStackIsToldToEachReceiver() {
    fixture.stack.udp().bind(PORT, inbox);
    fixture.setRoom(0);
    fixture.stack.udp().send(PORT, datagram(99, new byte[1]), () -> {});
    fixture.fail();
    assertEquals(1, inbox.ends.size());
    assertEquals(StackFixture.END, inbox.ends.getFirst().orElseThrow().getMessage());
  }

  @Test
  void aWantedEndIsNoFailure() {
    fixture.stack.udp().bind(PORT, inbox);
    fixture.close();
    assertEquals(List.of(Optional.empty()), inbox.ends);
  }

  @Test
  void aDatagramRefusesAPortThatIsNone() {
    for (int port : new int[] {-1, 0x10000}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> new Datagram(StackFixture.PEER, port, ByteString.emptyByteString()));
    }
  }
}
