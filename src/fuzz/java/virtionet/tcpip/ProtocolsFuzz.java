package virtionet.tcpip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.util.ByteString;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever a link brings is used or dropped: nothing is thrown, each frame is released, little is
 * kept or sent, and what was understood is written as it was read.
 */
class ProtocolsFuzz {
  private static final ArpSettings ARP =
      new ArpSettings(Duration.ofSeconds(10), Duration.ofSeconds(1), 3, 8, 4);

  static Stream<byte[]> arpPackets() {
    return Stream.of(
        Packets.arp(
            1, StackFixture.PEER_MAC, StackFixture.PEER, StackFixture.MAC, StackFixture.ADDRESS),
        Packets.arp(
            2, StackFixture.PEER_MAC, StackFixture.PEER, StackFixture.MAC, StackFixture.ADDRESS),
        // Somebody has our address.
        Packets.arp(
            1,
            StackFixture.PEER_MAC,
            StackFixture.ADDRESS,
            StackFixture.MAC,
            StackFixture.ADDRESS));
  }

  @MethodSource("arpPackets")
  @FuzzTest
  void arp(byte[] bytes) {
    ArpPacket.parse(MemorySegment.ofArray(bytes))
        .ifPresent(
            packet -> {
              byte[] again = new byte[ArpPacket.LENGTH];
              packet.write(MemorySegment.ofArray(again));
              assertArrayEquals(Arrays.copyOf(bytes, ArpPacket.LENGTH), again);
            });
    try (var fixture = configured()) {
      fixture.receiveArp(bytes);
      assertLittleSent(fixture);
    }
  }

  static Stream<byte[]> ipv4Packets() {
    byte[] echo = Packets.echo(8, 1, 1, Packets.text("ping"));
    byte[] udp =
        Packets.udp(StackFixture.PEER, 9, StackFixture.ADDRESS, 7, Packets.text("datagram"));
    return Stream.of(
        Packets.ipv4(StackFixture.PEER, StackFixture.ADDRESS, 1, echo),
        Packets.ipv4(StackFixture.PEER, StackFixture.ADDRESS, 17, udp),
        Packets.ipv4(StackFixture.FAR, Ipv4Address.BROADCAST, 17, new byte[8], udp));
  }

  /** Half of the work is done for it: the header's checksum is right wherever there is room. */
  @MethodSource("ipv4Packets")
  @FuzzTest
  void ipv4(byte[] bytes) {
    byte[] packet = bytes.clone();
    int header = packet.length == 0 ? 0 : 4 * (packet[0] & 0xf);
    if (header >= Ipv4Header.LENGTH && header <= packet.length) {
      Packets.seal(packet, 0, header, Ipv4Header.CHECKSUM);
    }
    if (Ipv4Packet.parse(MemorySegment.ofArray(packet)) instanceof Ipv4Packet.Good(var good)) {
      assertTrue(good.payload().byteSize() <= packet.length - Ipv4Header.LENGTH);
      assertEquals(packet[Ipv4Header.PROTOCOL] & 0xff, good.protocol());
    }
    try (var fixture = configured()) {
      fixture.introducePeer();
      fixture.stack.udp().bind(7, new Echo(fixture));
      fixture.receiveIpv4(bytes);
      fixture.receiveIpv4(packet);
      assertLittleSent(fixture);
    }
  }

  static Stream<byte[]> datagrams() {
    return Stream.of(
        Packets.udp(StackFixture.PEER, 9, StackFixture.ADDRESS, 7, Packets.text("datagram")),
        Packets.udp(StackFixture.PEER, 9, StackFixture.ADDRESS, 7, new byte[0]),
        Packets.udp(StackFixture.PEER, 0, StackFixture.ADDRESS, 8, new byte[3]));
  }

  /** What a socket gets is what its header and its checksum cover. */
  @MethodSource("datagrams")
  @FuzzTest
  void udp(byte[] bytes) {
    // Without a checksum the rest is looked at as well.
    byte[] unsummed = bytes.clone();
    if (bytes.length >= UdpLayer.HEADER_LENGTH) {
      Packets.putU16(unsummed, 6, 0);
    }
    try (var fixture = configured()) {
      fixture.introducePeer();
      var echo = new Echo(fixture);
      fixture.stack.udp().bind(7, echo);
      for (byte[] datagram : new byte[][] {bytes, unsummed}) {
        echo.last = Optional.empty();
        fixture.receiveIpv4(Packets.ipv4(StackFixture.PEER, StackFixture.ADDRESS, 17, datagram));
        echo.last.ifPresent(
            data ->
                assertArrayEquals(
                    Arrays.copyOfRange(datagram, UdpLayer.HEADER_LENGTH, Packets.u16(datagram, 4)),
                    data.toArrayUnsafe()));
      }
      assertLittleSent(fixture);
    }
  }

  static Stream<byte[]> dhcpMessages() {
    return Stream.of(
        DhcpMessages.of(DhcpMessage.OFFER).bytes(),
        DhcpMessages.of(DhcpMessage.ACKNOWLEDGE).bytes(),
        DhcpMessages.of(DhcpMessage.REFUSE).text(DhcpMessage.MESSAGE, "no").bytes());
  }

  /** The client is offered a lease first, so that an answer to its request is heard as well. */
  @MethodSource("dhcpMessages")
  @FuzzTest
  void dhcp(byte[] bytes) {
    DhcpMessage.decode(bytes).ifPresent(ProtocolsFuzz::readAll);
    for (boolean offered : new boolean[] {false, true}) {
      try (var fixture = new StackFixture()) {
        fixture.stack.lease(new CompletableFuture<>());
        DhcpMessage request = dhcpSent(fixture);
        if (offered) {
          receive(fixture, DhcpMessages.of(DhcpMessage.OFFER).answering(request).bytes());
          request = dhcpSent(fixture);
        }
        receive(fixture, bytes);
        receive(fixture, answering(bytes, request));
        fixture.advance(Duration.ofHours(1));
        assertTrue(fixture.takeSent().size() < 10_000, "messages within an hour");
      }
    }
  }

  private static void readAll(DhcpMessage message) {
    message.type();
    for (int option = 0; option < 256; option++) {
      message.addresses(option);
      message.seconds(option);
    }
    if (message.options().values().stream().allMatch(value -> value.length < 256)) {
      DhcpMessage again = DhcpMessage.decode(message.encode()).orElseThrow();
      assertEquals(message.transaction(), again.transaction());
      assertEquals(message.yourAddress(), again.yourAddress());
      assertEquals(message.client(), again.client());
      assertEquals(message.options().keySet(), again.options().keySet());
      message
          .options()
          .forEach((code, value) -> assertArrayEquals(value, again.options().get(code)));
    }
  }

  private static DhcpMessage dhcpSent(StackFixture fixture) {
    Ipv4Packet packet = StackFixture.packet(fixture.takeSent().getLast());
    return DhcpMessage.decode(
            packet.payload().asSlice(UdpLayer.HEADER_LENGTH).toArray(ValueLayout.JAVA_BYTE))
        .orElseThrow();
  }

  private static void receive(StackFixture fixture, byte[] message) {
    Ipv4Address server = DhcpMessages.SERVER;
    fixture.receiveIpv4(
        Packets.ipv4(
            server,
            Ipv4Address.BROADCAST,
            17,
            Packets.udp(server, 67, Ipv4Address.BROADCAST, 68, message)));
  }

  /** With the numbers that the client goes by put right: by chance they never are. */
  private static byte[] answering(byte[] bytes, DhcpMessage request) {
    byte[] head = DhcpMessages.of(DhcpMessage.OFFER).answering(request).bytes();
    byte[] answer = Arrays.copyOf(bytes, Math.max(bytes.length, 240));
    System.arraycopy(head, 0, answer, 0, 8);
    System.arraycopy(head, 28, answer, 28, 16);
    System.arraycopy(head, 236, answer, 236, 4);
    return answer;
  }

  private static StackFixture configured() {
    return StackFixture.configured(StackFixture.FACE, settings -> settings.withArp(ARP));
  }

  private static void assertLittleSent(StackFixture fixture) {
    fixture.advance(Duration.ofMinutes(1));
    assertTrue(fixture.takeSent().size() < 100, "frames sent");
  }

  private static final class Echo implements UdpLayer.Receiver {
    private final StackFixture fixture;
    private Optional<ByteString> last = Optional.empty();

    Echo(StackFixture fixture) {
      this.fixture = fixture;
    }

    @Override
    public boolean receive(Ipv4Address source, int port, MemorySegment data) {
      ByteString bytes = ByteString.fromArray(data.toArray(ValueLayout.JAVA_BYTE));
      last = Optional.of(bytes);
      fixture.stack.udp().send(7, new Datagram(source, port, bytes), () -> {});
      return true;
    }

    @Override
    public void ended(Optional<TcpIpException> failure) {}
  }
}
